// SPDX-License-Identifier: GPL-2.0
/*
 * Text for the user: lines are made where a fact is known, gather in the context
 * and are read by ctl through read(2) on /dev/cpt. Any context may be used to
 * write them that may not sleep for long; GFP_KERNEL is used once.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cpt.h"

void cpt_msg_init(struct cpt_msg *m)
{
	memset(m, 0, sizeof(*m));
	spin_lock_init(&m->lock);
}

void cpt_msg_free(struct cpt_msg *m)
{
	kvfree(m->text);
	m->text = NULL;
}

/* Under m->lock. */
static void add_text(struct cpt_msg *m, const char *text)
{
	unsigned int len = strlen(text);

	memcpy(m->text + m->len, text, len);
	m->len += len;
}

static void add_line(struct cpt_msg *m, const char *line)
{
	static const char more[] = "… and more, which did not fit\n";

	spin_lock(&m->lock);
	if (m->text && !m->full) {
		if (m->len + strlen(line) + 1 + sizeof(more) <= CPT_MSG_MAX) {
			add_text(m, line);
			add_text(m, "\n");
		} else {
			add_text(m, more);
			m->full = true;
		}
	}
	spin_unlock(&m->lock);
}

static __printf(2, 0) void say(struct cpt_ctx *ctx, const char *fmt, va_list args)
{
	struct cpt_msg *m = &ctx->msg;
	char *line, *room = NULL;

	if (!READ_ONCE(m->text))
		room = kvmalloc(CPT_MSG_MAX, GFP_KERNEL);
	spin_lock(&m->lock);
	if (!m->text)
		swap(m->text, room);
	spin_unlock(&m->lock);
	kvfree(room);

	line = kvasprintf(GFP_KERNEL, fmt, args);
	if (line)
		add_line(m, line);
	kfree(line);
}

/*
 * cpt_say - add a line to what ctl will read
 * @fmt: the sentence, without a newline
 */
void cpt_say(struct cpt_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(ctx, fmt, args);
	va_end(args);
}

/*
 * cpt_fail - say why something cannot be done
 * @err: negative errno
 *
 * Returns @err, for "return cpt_fail(ctx, -EBUSY, …)".
 */
int cpt_fail(struct cpt_ctx *ctx, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(ctx, fmt, args);
	va_end(args);
	return err;
}

/*
 * cpt_obstacle - name what keeps a VE from being dumped, and go on looking
 *
 * Returns 0: the walk continues, and fails at its end if ctx->obstacles.
 */
int cpt_obstacle(struct cpt_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	ctx->obstacles++;
	va_start(args, fmt);
	say(ctx, fmt, args);
	va_end(args);
	return 0;
}

/* What has been said so far, for cpt_msg_forget(). */
unsigned int cpt_msg_mark(struct cpt_msg *m)
{
	return READ_ONCE(m->len);
}

/* cpt_msg_forget - unsay what has been said since @mark */
void cpt_msg_forget(struct cpt_msg *m, unsigned int mark)
{
	spin_lock(&m->lock);
	if (m->len > mark) {
		m->len = mark;
		m->full = false;
	}
	spin_unlock(&m->lock);
}

/* Of @len bytes, those that are whole lines; all, if not even one fits. */
static unsigned int whole_lines(const char *text, unsigned int len)
{
	unsigned int n = len;

	while (n && text[n - 1] != '\n')
		n--;
	return n ? n : len;
}

/*
 * cpt_msg_read - hand gathered lines to read(2), as many as fit, and forget them
 *
 * Returns the number of bytes; 0 if there is nothing to say.
 */
ssize_t cpt_msg_read(struct cpt_msg *m, char __user *buf, size_t size)
{
	char *text;
	unsigned int len;
	ssize_t ret;

	spin_lock(&m->lock);
	text = m->text;
	len = m->len;
	m->text = NULL;
	m->len = 0;
	m->full = false;
	spin_unlock(&m->lock);
	if (!len) {
		kvfree(text);
		return 0;
	}
	ret = whole_lines(text, min_t(size_t, size, len));
	if (copy_to_user(buf, text, ret))
		ret = -EFAULT;
	if (ret > 0 && ret < len) {	/* put the rest back, unless newer lines came */
		memmove(text, text + ret, len - ret);
		spin_lock(&m->lock);
		if (!m->text) {
			m->text = text;
			m->len = len - ret;
			text = NULL;
		}
		spin_unlock(&m->lock);
	}
	kvfree(text);
	return ret;
}
