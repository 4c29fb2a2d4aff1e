// SPDX-License-Identifier: GPL-2.0-only
/* The VE's host and domain name, as its processes may have changed them. */
#include "cpt_test.h"

#include <sys/utsname.h>

int main(void)
{
	static const char host[] = "a-name.that-no-one-else-has", domain[] = "domain of it";
	struct utsname was, is;

	if (sethostname(host, strlen(host)))
		test_skip("sethostname: %s", strerror(errno));
	sys(setdomainname(domain, strlen(domain)));
	sys(uname(&was));
	test_ready();
	test_wait();
	sys(uname(&is));
	check(!strcmp(is.nodename, host), "host name '%s'", is.nodename);
	check(!strcmp(is.domainname, domain), "domain name '%s'", is.domainname);
	check(!memcmp(&was, &is, sizeof(is)), "release '%s', version '%s', machine '%s'", is.release, is.version, is.machine);
	test_pass();
}
