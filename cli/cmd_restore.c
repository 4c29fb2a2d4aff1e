#include "cmd.h"
#include "restore.h"
int cmd_restore(struct ve *ve, int argc, char **argv) { (void)ve; (void)argc; (void)argv; return 17; }
int restore_full(struct ve *ve, const struct restore *r) { (void)ve; (void)r; return 17; }
