#!/bin/bash
# T-tool6, M1: perl: hashes, regular expressions, sort, closures, fork, threads where built in.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need perl
cat >work.pl <<'END'
my (%h, @a);
for my $i (1 .. 60000) { push @{$h{"k" . ($i * 31 % 2003)}}, "v$i" x ($i % 9); }
print scalar(keys %h), " ", length(join ",", map { @{$h{$_}} } sort keys %h), "\n";
my $t = join " ", 1 .. 50000; my $n = () = $t =~ /\b\d*7\d*\b/g; print "$n\n";
$t =~ s/(\d+)/<$1>/g; print length($t), "\n";
my @s = sort { $b <=> $a || $a cmp $b } map { $_ * 7919 % 10007 } 1 .. 30000; print "@s[0..5]\n";
my @c = map { my $x = $_; sub { $x * shift } } 1 .. 1000; my $sum = 0; $sum += $_->(2) for @c; print "$sum\n";
for (1 .. 20) { my $p = fork; if (!$p) { my @x = map { "y" x $_ } 1 .. 500; exit(@x == 500 ? 0 : 1); } waitpid $p, 0; print $?; }
print "\n"; my $big = "z" x 40_000_000; substr($big, 5, 1) = "abc"; print length($big), "\n";
use Config; if ($Config{useithreads}) { require threads; my @t = map { threads->create(sub { my %q; $q{$_} = "x" x $_ for 1 .. 2000; scalar keys %q }) } 1 .. 4; print join(",", map { $_->join } @t), "\n"; }
END
same perl 'PERL_HASH_SEED=0 perl ../work.pl'
