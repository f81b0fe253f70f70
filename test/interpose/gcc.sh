#!/bin/bash
# T-tool6, M1: gcc and g++ (and clang where it is) compile at -O2, same object code; make -j.
# timeout: 200
. "$ACRE_TEST_SRC/interpose/lib.bash"
need gcc g++
cat >big.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define F(n) int f##n(int *a, int k) { int s = 0; for (int i = 0; i < k; i++) { switch (a[i] % 7) { case 0: s += a[i] * n; break; case 1: s ^= a[i] << (n % 13); break; case 2: a[i] = s / (n + 1); break; default: s -= a[(i * n) % k]; } } return s; }
#define G(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
G(1) G(2) G(3) G(4) G(5) G(6) G(7) G(8) G(9) G(10) G(11) G(12)
int main(void) { int a[100] = {3}; printf("%d\n", f11(a, 100) + f99(a, 100)); return 0; }
END
cat >big.cc <<'END'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<int>> m; for (int i = 0; i < 1000; i++) m[std::to_string(i % 37)].push_back(i);
  std::regex r("([a-z]+)([0-9]*)"); std::smatch s; std::string t = "abc123"; std::regex_match(t, s, r);
  std::vector<std::function<int(int)>> f; for (int i = 0; i < 9; i++) f.push_back([i](int x) { return x * i; });
  int n = 0; for (auto &g : f) n += g(3); std::cout << m.size() << s[1] << n << std::endl; }
END
same gcc '
    gcc -O2 -S -o - ../big.c | md5sum; gcc -O3 -c -o big.o ../big.c && md5sum <big.o
    gcc -O2 ../big.c -o big && ./big; gcc -O2 -flto=2 ../big.c -o big && ./big'
same g++ 'g++ -O2 -S -o - ../big.cc | md5sum; g++ -O1 ../big.cc -o big && ./big'
if command -v clang >/dev/null; then
    same clang 'clang -O2 -S -o - ../big.c | md5sum; clang -O2 ../big.c -o big && ./big'
fi
if command -v make >/dev/null; then
    printf 'all: %s\n%%.o: ../big.c\n\tgcc -O1 -DN=$* -c -o $@ $<\n\t@md5sum <$@\n' "$(seq -f 'n%g.o' 12 | tr '\n' ' ')" >Makefile.x
    same make 'make -s -j4 -f ../Makefile.x | sort'
fi
