#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Python's multiprocessing: workers that get jobs by a queue and give answers by another, a block of
# shared memory they all write to under a lock, a manager they talk to by a unix socket. Each job is
# done once, each count is right.
# timeout: 300
# short on: 6.12-amd64
# shellcheck source=tests/lib/apps.sh
. "$(dirname "$0")/../lib/apps.sh"

with_app
run_python farm <<'PY'
import hashlib, multiprocessing, multiprocessing.shared_memory, struct
from apps import going, put, verdict
WORKERS, AHEAD = 4, 40

def work(me, jobs, answers, lock, memory, book):
    block = multiprocessing.shared_memory.SharedMemory(memory)
    done = 0
    while True:
        job = jobs.get()
        if job is None:
            break
        n, data = job
        done += 1
        with lock:
            total, = struct.unpack_from("Q", block.buf, 0)
            struct.pack_into("Q", block.buf, 0, total + 1)
            block.buf[8 + n % 65536] = (block.buf[8 + n % 65536] + 1) % 256
        if done % 10 == 0:
            book[me] = done
        answers.put((n, hashlib.sha256(data).digest()))
    book[me] = done
    block.close()

def main():
    jobs, answers, lock = multiprocessing.Queue(), multiprocessing.Queue(), multiprocessing.Lock()
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=8 + 65536)
    data = lambda n: b"%d" % n * (n % 5000 + 1)
    with multiprocessing.Manager() as manager:
        book = manager.dict()
        workers = [multiprocessing.Process(target=work, args=(i, jobs, answers, lock, block.name, book))
                   for i in range(WORKERS)]
        for w in workers:
            w.start()
        sent, waiting = 0, {}
        while not going("farm") or waiting:
            while len(waiting) < AHEAD and not going("farm"):
                waiting[sent] = hashlib.sha256(data(sent)).digest()
                jobs.put((sent, data(sent)))
                sent += 1
            if not waiting:
                break
            n, digest = answers.get(timeout=600)
            if waiting.pop(n) != digest:
                return "job %d has the wrong answer" % n
            if sent % 10 == 0:
                put("/tmp/farm.count", "%d" % (sent // 10))
        for w in workers:
            jobs.put(None)
        for w in workers:
            w.join(600)
            if w.exitcode:
                return "a worker ended with %s" % w.exitcode
        total, = struct.unpack_from("Q", block.buf, 0)
        if total != sent or sum(book.values()) != sent:
            return "%d jobs, %d counted in shared memory, %s by the manager" % (sent, total, dict(book))
        if any(block.buf[8 + i] != len(range(i, sent, 65536)) % 256 for i in range(65536)):
            return "the shared memory does not say which jobs were done"
    block.close()
    block.unlink()
verdict("farm", main)
PY
jobs_done() { count /tmp/farm.count; }
cycles jobs_done
finish farm
[[ ! -s $PRIVATE/tmp/farm.log ]] || { show_log farm; fail "Python complained"; }
