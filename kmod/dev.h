/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CPT_DEV_H
#define _CPT_DEV_H

int cpt_dev_init(void);
void cpt_dev_exit(void);

#endif
