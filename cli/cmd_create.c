// SPDX-License-Identifier: GPL-2.0-only
/* ctl create: a private area from a template, and a configuration from a sample. */
#include "cmd.h"
#include "pack.h"
#include "gen.h"
#include "mount.h"
#include "say.h"
#include "settings.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NAME in TEMPLATE/cache, or a path; NULL if there is none. */
static char *find_template(const struct ve *ve, const char *name)
{
	static const char *const suffix[] = { ".tar.zst", ".tar.gz", ".tar.xz", ".tar", "" };
	const char *base = ve_get(ve, "TEMPLATE");

	if (strchr(name, '/'))
		return access(name, R_OK) ? NULL : xstrdup(name);
	for (size_t i = 0; i < sizeof(suffix) / sizeof(*suffix); i++) {
		char *path = xprintf("%s/cache/%s%s", base && *base ? base : "/vz/template", name, suffix[i]);

		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

/* The configuration begins as a sample, if one is named or there by default. */
static int read_sample(struct ve *ve, const char *name)
{
	const char *wanted = name ? name : ve_get(ve, "CONFIGFILE");
	char *path;
	int code = OK;

	if (!wanted || !*wanted)
		return OK;
	path = xprintf("%s/ve-%s.conf-sample", VE_CONF_DIR, wanted);
	if (!conf_read(&ve->conf, path) && name)
		code = fail_errno(E_NO_VE_CONF, "Sample config %s cannot be read", path);
	free(path);
	return code;
}

static int place(struct ve *ve, const char *key, const char *given, char **out, int missing)
{
	const char *v;

	if (given)
		conf_set(&ve->conf, key, given);
	v = ve_get(ve, key);
	if (!v || !*v)
		return fail(missing, "%s is not set", key);
	/* As libvirt and others read it from N.conf. */
	if (!conf_value(&ve->conf, key))
		conf_set(&ve->conf, key, v);
	free(*out);
	*out = conf_expand(v, ve->id);
	return **out == '/' ? OK : fail(E_VALUE, "%s: '%s' is not an absolute path", key, *out);
}

/* Whether there is something to start. */
static int check_template(const char *dir)
{
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int rc = root < 0 || (fstatat(root, "sbin/init", &st, AT_SYMLINK_NOFOLLOW) &&
			      fstatat(root, "usr/sbin/init", &st, AT_SYMLINK_NOFOLLOW));

	if (root >= 0)
		close(root);
	return rc ? fail(E_BAD_TEMPLATE, "The template has no /sbin/init") : OK;
}

/* Made under another name, so that a VE exists whole or not at all. */
static int make_private(struct ve *ve, const char *tmp, const char *template, const char *name)
{
	char *parent = xstrdup(ve->private);
	int code = OK;

	say(0, "Creating container private area (%s)", name);
	if (mkdirs(dirname(parent), 0755) || remove_tree(tmp) || mkdir(tmp, 0755))
		code = fail_errno(E_CREATE, "Cannot make %s", tmp);
	if (!code)
		code = template_unpack(template, tmp);
	if (!code)
		code = check_template(tmp);
	if (code)
		fail(code, "Creation of container private area failed");
	free(parent);
	return code;
}

/* All but the private area, and then that: whoever is killed before can be repeated. */
static int finish(struct ve *ve, const char *tmp)
{
	int code, fd;

	say(0, "Performing postcreate actions");
	code = gen_new(ve);
	if (!code)
		code = settings_save(ve);
	if (!code && mkdirs(ve->root, 0755))
		code = fail_errno(49, "Cannot make %s", ve->root);
	if (code)
		return code;
	fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	syncfs(fd);
	close(fd);
	return rename(tmp, ve->private) ? fail_errno(E_CREATE, "Cannot rename %s", tmp) : OK;
}

int cmd_create(struct ve *ve, int argc, char **argv)
{
	char *ostemplate = NULL, *config = NULL, *private = NULL, *root = NULL, *layout = NULL, *template;
	struct poptOption own[] = {
		{ "ostemplate", 0, POPT_ARG_STRING, &ostemplate, 0, NULL, NULL },
		{ "config", 0, POPT_ARG_STRING, &config, 0, NULL, NULL },
		{ "private", 0, POPT_ARG_STRING, &private, 0, NULL, NULL },
		{ "root", 0, POPT_ARG_STRING, &root, 0, NULL, NULL },
		{ "layout", 0, POPT_ARG_STRING, &layout, 0, NULL, NULL },
		{ "ve_layout", 0, POPT_ARG_STRING, &layout, 0, NULL, NULL },
		{ "velayout", 0, POPT_ARG_STRING, &layout, 0, NULL, NULL },
		{ "local_uid", 0, POPT_ARG_STRING, &layout, 0, NULL, NULL },
		{ "local_gid", 0, POPT_ARG_STRING, &layout, 0, NULL, NULL },
		POPT_TABLEEND
	};
	struct settings s = { 0 };
	struct stat st;
	bool had_conf;
	char *tmp;
	int code;

	if (ve->has_conf && ve_exists(ve))
		return fail(E_AREA_EXISTS, "Container private area already exists in %s", ve->private);
	code = settings_parse(&s, argc, argv, own);
	if (!code)
		code = ve->has_conf ? OK : read_sample(ve, config);
	if (!code)
		code = place(ve, "VE_ROOT", root, &ve->root, E_NO_ROOT);
	if (!code)
		code = place(ve, "VE_PRIVATE", private, &ve->private, E_NO_PRIVATE);
	if (code)
		return code;
	if (!lstat(ve->private, &st))
		return fail(E_AREA_EXISTS, "Container private area already exists in %s", ve->private);
	if (!ostemplate && ve_get(ve, "DEF_OSTEMPLATE"))
		ostemplate = xstrdup(ve_get(ve, "DEF_OSTEMPLATE"));
	if (!ostemplate)
		return fail(29, "OS template is not specified");
	template = find_template(ve, ostemplate);
	if (!template)
		return fail(E_NO_TEMPLATE, "Cached OS template %s not found", ostemplate);
	conf_set(&ve->conf, "OSTEMPLATE", ostemplate);
	if (config)
		conf_set(&ve->conf, "ORIGIN_SAMPLE", config);
	code = settings_apply(&s, ve);
	if (code)
		return fail(code, "Creation of container private area failed");
	tmp = xprintf("%s.creating", ve->private);
	had_conf = ve->has_conf;
	code = make_private(ve, tmp, template, ostemplate);
	if (!code)
		code = finish(ve, tmp);
	if (code) {
		remove_tree(tmp);
		gen_forget(ve);
		if (!had_conf)
			unlink(ve->conf_path);
	}
	free(tmp);
	if (code)
		return code;
	say(0, "Container private area was created");
	return OK;
}
