// SPDX-License-Identifier: GPL-2.0-only
// For java.sh: 50 threads whose results are known, while the compiler and the collector never rest.
// The class Work is loaded anew again and again, so that it is interpreted, compiled and thrown away
// each time. Told by /tmp/java.go, it gives its verdict (as in cpt_test.h).

import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

public class Churn {
	static final String DIR = System.getProperty("dir", "/tmp");
	static final int GARBAGE = 16, COUNTERS = 16, PAIRS = 6, ECHOES = 2, COMPILED = 2;	// 50 threads

	static final AtomicReference<String> wrong = new AtomicReference<>();
	static final AtomicLong rounds = new AtomicLong();
	static final Map<String, AtomicLong> work = new ConcurrentHashMap<>();
	static volatile boolean done;

	interface Body { void run() throws Exception; }

	static void fail(String what) {
		wrong.compareAndSet(null, what);
		done = true;
	}

	static void did(String what) {
		work.computeIfAbsent(what, w -> new AtomicLong()).incrementAndGet();
		rounds.incrementAndGet();
	}

	static Thread thread(String name, Body body) {
		Thread t = new Thread(() -> {
			try {
				body.run();
			} catch (Throwable e) {
				e.printStackTrace();
				fail(name + ": " + e);
			}
		}, name);
		t.start();
		return t;
	}

	/** Arithmetic of both kinds, strings, maps: what it returns is known. */
	public static class Work implements LongSupplier {
		private long x = 88172645463325252L;

		private long next() {
			x ^= x << 13;
			x ^= x >>> 7;
			x ^= x << 17;
			return x;
		}

		public long getAsLong() {
			long sum = 0;
			double f = 1;
			for (int i = 0; i < 3000; i++) {
				sum += next() % 1000003;
				f = f * 1.0000001 + Math.sqrt(i);
			}
			StringBuilder s = new StringBuilder();
			Map<String, Long> map = new HashMap<>();
			for (int i = 0; i < 50; i++) {
				s.append(next() & 255).append(' ');
				map.put(s.toString(), sum + i);
			}
			for (long v : map.values())
				sum = sum * 31 % 1000000007 + v;
			return sum + s.toString().hashCode() + Double.doubleToLongBits(f);
		}
	}

	/** Loads Work by itself each time it is made. */
	static class Anew extends ClassLoader {
		LongSupplier work() throws Exception {
			try (InputStream in = Churn.class.getResourceAsStream("Churn$Work.class")) {
				byte[] code = in.readAllBytes();
				return (LongSupplier) defineClass("Churn$Work", code, 0, code.length).getDeclaredConstructor().newInstance();
			}
		}
	}

	/** It is called until it is hot: each call's sum is that of the same call of another. */
	static void compiled() throws Exception {
		List<Long> sums = new ArrayList<>();
		while (!done) {
			LongSupplier fresh = new Anew().work();
			for (int i = 0; i < 100 && !done; i++) {
				long sum = fresh.getAsLong();
				if (sums.size() == i)
					sums.add(sum);
				else if (sums.get(i) != sum)
					fail("call " + i + " of what was compiled anew gives " + sum + ", not " + sums.get(i));
			}
			did("classes");
		}
	}

	static void garbage(int seed) throws Exception {
		byte[][] kept = new byte[40][];
		for (int n = 0; !done; n++) {
			int at = n % kept.length;
			if (kept[at] != null)
				for (int i = 0; i < kept[at].length; i += 97)
					if (kept[at][i] != (byte) (n - kept.length + i + seed))
						fail("byte " + i + " of an array is " + kept[at][i]);
			kept[at] = new byte[100 + (n * 7919) % 20000];
			for (int i = 0; i < kept[at].length; i++)
				kept[at][i] = (byte) (n + i + seed);
			did("arrays");
			if (n % 50 == 0)
				Thread.sleep(1);
		}
	}

	static final Object monitor = new Object();
	static long locked, turns;
	static void counter() throws Exception {
		long last = System.nanoTime();
		while (!done) {
			synchronized (monitor) {
				locked++;
				if (locked % 5 == 0)
					monitor.wait(1);
				monitor.notify();
				turns++;
			}
			long now = System.nanoTime();
			if (now < last)
				fail("time went back by " + (last - now) + " ns");
			last = now;
			did("turns");
			Thread.sleep(1);
		}
	}

	static void producer(ArrayBlockingQueue<long[]> queue) throws Exception {
		long n = 0;
		while (!done)
			queue.put(new long[] { n, n++ * 2654435761L });
		queue.put(new long[] { -1, 0 });
	}

	static void consumer(ArrayBlockingQueue<long[]> queue) throws Exception {
		for (long n = 0; ; n++) {
			long[] v = queue.take();
			if (v[0] < 0)
				return;
			if (v[0] != n || v[1] != n * 2654435761L)
				fail("number " + n + " of a queue is " + v[0]);
			if (n % 100 == 0) {
				did("hundreds in queues");
				Thread.sleep(1);
			}
		}
	}

	static void full(SocketChannel c, ByteBuffer b, boolean write) throws Exception {
		b.clear();
		while (b.hasRemaining())
			if ((write ? c.write(b) : c.read(b)) < 0)
				throw new IllegalStateException("the connection has ended");
		b.flip();
	}

	static void server(ServerSocketChannel l) throws Exception {
		SocketChannel c = l.accept();
		ByteBuffer b = ByteBuffer.allocateDirect(5000);
		do {
			full(c, b, false);
			full(c, b, true);
		} while (b.get(0) != 77);
	}

	static void client(UnixDomainSocketAddress to) throws Exception {
		SocketChannel c = SocketChannel.open(to);
		ByteBuffer b = ByteBuffer.allocateDirect(5000);
		for (int n = 0; ; n++) {
			boolean last = done;
			for (int i = 1; i < b.capacity(); i++)
				b.put(i, (byte) (n * 31 + i));
			b.put(0, (byte) (last ? 77 : 0));
			full(c, b, true);
			full(c, b, false);
			for (int i = 1; i < b.capacity(); i++)
				if (b.get(i) != (byte) (n * 31 + i))
					fail("byte " + i + " of an echo");
			did("echoes");
			if (last)
				return;
			Thread.sleep(2);
		}
	}

	static void put(String name, String text) throws Exception {
		Path to = Path.of(DIR, name), fresh = Path.of(DIR, name + ".new");
		Files.writeString(fresh, text);
		Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE);
	}

	public static void main(String[] args) throws Exception {
		List<Thread> all = new ArrayList<>();
		ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
		AtomicLong ticks = new AtomicLong();

		timer.scheduleAtFixedRate(ticks::incrementAndGet, 0, 20, TimeUnit.MILLISECONDS);
		for (int i = 0; i < COMPILED; i++)
			all.add(thread("compiled " + i, Churn::compiled));
		for (int i = 0; i < GARBAGE; i++) {
			int seed = i;
			all.add(thread("garbage " + i, () -> garbage(seed)));
		}
		for (int i = 0; i < COUNTERS; i++)
			all.add(thread("counter " + i, Churn::counter));
		for (int i = 0; i < PAIRS; i++) {
			ArrayBlockingQueue<long[]> queue = new ArrayBlockingQueue<>(50);
			all.add(thread("producer " + i, () -> producer(queue)));
			all.add(thread("consumer " + i, () -> consumer(queue)));
		}
		for (int i = 0; i < ECHOES; i++) {
			UnixDomainSocketAddress at = UnixDomainSocketAddress.of(Path.of(DIR, "java.sock" + i));
			ServerSocketChannel l = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
			l.bind(at);
			all.add(thread("server " + i, () -> server(l)));
			all.add(thread("client " + i, () -> client(at)));
		}
		if (all.size() != 50)
			fail("there are " + all.size() + " threads");
		Path go = Path.of(DIR, "java.go");
		while (!done && !Files.exists(go)) {
			put("java.count", Long.toString(rounds.get() / 100));
			Thread.sleep(100);
		}
		done = true;
		for (Thread t : all) {
			t.join(60000);
			if (t.isAlive())
				fail("the thread '" + t.getName() + "' does not end");
		}
		timer.shutdownNow();
		if (locked != turns)
			fail(locked + " were counted under the lock, and " + turns);
		if (ticks.get() == 0)
			fail("no timer has ticked");
		for (String w : List.of("classes", "arrays", "turns", "hundreds in queues", "echoes"))
			if (!work.containsKey(w))
				fail("no " + w);
		System.out.println(work + " ticks " + ticks);
		put("java.verdict", wrong.get() == null ? "pass\n" : "fail: " + wrong + "\n");
		System.exit(wrong.get() == null ? 0 : 1);
	}
}
