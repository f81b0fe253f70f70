#!/bin/bash
# T-tool6: a Java virtual machine (many threads, its own signal handlers and guard pages)
# under us.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
need java javac
cat >Work.java <<'END'
import java.util.*; import java.util.stream.*;
public class Work { public static void main(String[] a) throws Exception {
  Map<String, List<Integer>> m = new TreeMap<>();
  for (int i = 0; i < 200000; i++) m.computeIfAbsent("k" + i % 997, k -> new ArrayList<>()).add(i);
  System.out.println(m.values().stream().mapToLong(List::size).sum());
  System.out.println(IntStream.range(0, 1000).parallel().mapToObj(i -> "x".repeat(i)).mapToInt(String::length).sum());
  java.nio.ByteBuffer b = java.nio.ByteBuffer.allocateDirect(20_000_000); b.put(19_999_999, (byte) 7); System.out.println(b.get(19_999_999));
  Object n = null; try { n.hashCode(); } catch (NullPointerException e) { System.out.println("npe"); } } }
END
javac Work.java >/dev/null 2>&1 || skip "javac does not work here"
LIMIT=80 same java 'java -Xmx256m -cp .. Work'
