#!/usr/bin/env perl
# Net::EPP::Simple (Debian's libnet-epp-perl) on the Nominet listeners of a running sandbox: over TLS with what the greeting
# lists, and in the clear with the lists that registrars' software for Nominet declares.
#
#     net_epp_nominet.pl DIR/sandbox.json
#
# Every step is judged by its result code and by what is read back. One line a step; the first deviation prints the answer
# and ends the run with status 1.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Spec;
use JSON::PP;
use Net::EPP::Simple;

my %NS = (
    e => 'urn:ietf:params:xml:ns:epp-1.0',
    domain => 'urn:ietf:params:xml:ns:domain-1.0',
    contact => 'urn:ietf:params:xml:ns:contact-1.0',
    host => 'urn:ietf:params:xml:ns:host-1.0',
    'domain-nom-ext' => 'http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.2',
    'contact-nom-ext' => 'http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.0',
    warning => 'http://www.nominet.org.uk/epp/xml/std-warning-1.1',
);
my @OBJECTS = @NS{qw(domain contact host)};
my @EXTENSIONS = (@NS{qw(domain-nom-ext contact-nom-ext warning)},
    'http://www.nominet.org.uk/epp/xml/std-release-1.0', 'urn:ietf:params:xml:ns:secDNS-1.1');

$| = 1;
die "usage: net_epp_nominet.pl DIR/sandbox.json\n" if @ARGV != 1;
my $sandbox = decode_json(do { local (@ARGV, $/) = $ARGV[0]; <> });
my $root = File::Spec->rel2abs(dirname($ARGV[0]));
my $run = sprintf '%x%04x', time, $$ & 0xffff;

my $generic = log_in('nominet', 'EXAMPLE-TAG');
story($generic, "nom-$run");
my $declared = log_in('nominet_plain', '#AB', objects => \@OBJECTS, extensions => \@EXTENSIONS);
story($declared, "plain-$run");
print "Net::EPP on the Nominet listeners: the story ends well\n";
exit 0;

sub log_in {
    my ($listener, $tag, @declares) = @_;
    my ($account) = grep { "#$_->{id}" eq $tag or $_->{id} eq $tag } @{ $sandbox->{registrars} };
    my $at = $sandbox->{epp}{$listener};
    my $epp = Net::EPP::Simple->new(
        host => $at->{host}, port => $at->{port}, user => $tag, pass => $account->{password},
        load_config => 0, reconnect => 0, timeout => 10, @declares,
        ($at->{tls} ? (verify => 1, ca_file => "$root/$sandbox->{ca_cert}") : (no_ssl => 1)),
    );
    die "$listener: $tag cannot log in: $Net::EPP::Simple::Error\n" unless $epp;
    print "$listener: $tag is logged in\n";
    return $epp;
}

sub story {
    my ($epp, $label) = @_;
    my ($name, $holder) = ("$label.co.uk", substr('h' . reverse($label), 0, 16));
    my $server = "ns1.$name";
    is('check_domain before', $epp->check_domain($name), 1);
    $epp->create_contact({
        id => $holder,
        postalInfo => { loc => {
            name => 'Mr Jones', org => 'Company & Sons',
            addr => { street => ['2102 High Street'], city => 'Carfax', sp => 'Oxfordshire', pc => 'OX1 1QQ', cc => 'GB' },
        } },
        voice => '+44.1865123456', email => 'r.jones@example.com', authInfo => 'unused',
    });
    code('create_contact', 1000);
    my $read = $epp->contact_info($holder) or deviates('contact_info', 'nothing');
    is('organisation', $read->{postalInfo}{loc}{org}, 'Company & Sons');
    is('postcode', $read->{postalInfo}{loc}{addr}{pc}, 'OX1 1QQ');
    $epp->create_domain({ name => $name, period => 2, registrant => $holder, contacts => {}, authInfo => 'unused' });
    code('create_domain', 1000);
    $epp->create_domain({ name => $name, period => 2, registrant => $holder, contacts => {}, authInfo => 'unused' });
    code('create_domain again', 2302);
    $epp->create_domain({ name => "$label-2.co.uk", period => 2, registrant => 'no-such-one', contacts => {}, authInfo => 'unused' });
    code('create_domain for nobody', 2201);
    is('check_domain after', $epp->check_domain($name), 0);
    $epp->create_host({ name => $server, addrs => [ { ip => '192.0.2.1', version => 'v4' } ] });
    code('create_host', 1000);
    $epp->update_domain({ name => $name, add => { ns => [$server] } });
    code('update_domain', 1000);
    my $domain = $epp->domain_info($name) or deviates('domain_info', 'nothing');
    is('sponsor', $domain->{clID}, $epp->{user});
    is('registrant', $domain->{registrant}, $holder);
    is('name server', $domain->{ns}[0], $server);
    like('expiry', $domain->{exDate}, qr/^\d{4}-\d\d-\d\d/);
    $epp->renew_domain({ name => $name, cur_exp_date => substr($domain->{exDate}, 0, 10), period => 2 });
    code('renew_domain, too early', 2105);
    # It tells no code of it, but whether one came.
    is('logout', $epp->logout ? 'done' : 'failed', 'done');
}

sub code {
    my ($step, $expected) = @_;
    is($step, $Net::EPP::Simple::Code, $expected);
}

sub is {
    my ($step, $got, $expected) = @_;
    deviates($step, "'" . ($got // 'nothing') . "' instead of '$expected'") unless defined $got and $got eq $expected;
    print "  $step: $expected\n";
}

sub like {
    my ($step, $got, $pattern) = @_;
    deviates($step, "'" . ($got // 'nothing') . "' does not match $pattern") unless defined $got and $got =~ $pattern;
    print "  $step: $got\n";
}

sub deviates {
    my ($step, $what) = @_;
    print STDERR "$step: $what\n(last: $Net::EPP::Simple::Code $Net::EPP::Simple::Message $Net::EPP::Simple::Error)\n";
    exit 1;
}
