# Real work for Perl: hashes of arrays, strings, regular expressions, sorting.
use strict;
use warnings;

my $seed = 4711;

sub draw {
    my ($n) = @_;
    $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
    return ($seed >> 8) % $n;
}

sub make_lines {
    my ($count) = @_;
    my @lines;
    for my $i (1 .. $count) {
        my $host = sprintf("host%03d", draw(200));
        my $path = join("/", map { "p" . draw(50) } 0 .. draw(4));
        push @lines, "$host GET /$path " . draw(100000) . " " . (draw(20) ? 200 : 404);
    }
    return \@lines;
}

sub tally {
    my ($lines) = @_;
    my (%hosts, %paths);
    for my $line (@$lines) {
        next unless $line =~ m{^(\S+) GET (\S+) (\d+) (\d+)$};
        push @{ $hosts{$1} }, { path => $2, bytes => $3, status => $4 };
        $paths{$2} += $3;
    }
    return (\%hosts, \%paths);
}

my $checks = 0;
for my $round (1 .. 2) {
    my $lines = make_lines(45000);
    my ($hosts, $paths) = tally($lines);
    my @top = sort { $paths->{$b} <=> $paths->{$a} || $a cmp $b } keys %$paths;
    my $text = join("\n", map { "$_ $paths->{$_}" } @top);
    $text =~ s/p(\d)\b/q$1/g;
    $checks += length($text) + scalar(keys %$hosts);
}
print "$checks\n";

# --settle: what is resident a second later.
if (@ARGV and $ARGV[-1] eq "--settle") {
    select(undef, undef, undef, 1.0);
    open(my $statm, "<", "/proc/self/statm") or die "statm: $!";
    printf "settled_kb %d\n", (split " ", <$statm>)[1] * 4;
}
