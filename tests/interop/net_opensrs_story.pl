#!/usr/bin/env perl
# A reseller's day with Net::OpenSRS (Debian's libnet-opensrs-perl) against a running sandbox: lookups, a registration, a lock,
# a renewal, and the code of a domain, asked for over XCP and read out of the mail.
#
#     net_opensrs_story.pl DIR/sandbox.json
#
# SMTP_SINK may name the directory of smtp_sink.py, whose port the sandbox was given: the mail is then read there, as SMTP
# delivered it.
# One line a step; the first deviation prints what came and ends the run with status 1.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use JSON::PP;
use Time::HiRes qw(sleep time);

my ($description) = @ARGV;
die "usage: net_opensrs_story.pl DIR/sandbox.json\n" unless $description;
my $sink = $ENV{SMTP_SINK};
my $sandbox = decode_json(slurp($description));
my $dir = dirname($description);
BEGIN { $ENV{PERL_LWP_SSL_VERIFY_HOSTNAME} = 1 }
$ENV{PERL_LWP_SSL_CA_FILE} = File::Spec->rel2abs("$dir/$sandbox->{ca_cert}");
require Net::OpenSRS;

my $mails = $sink // "$dir/$sandbox->{mail_dir}";
my ($account) = @{ $sandbox->{resellers} };
my $address = "https://$sandbox->{xcp}{host}:$sandbox->{xcp}{port}";
my $client = client($account->{key});
my $mine = $sandbox->{xcp_domain};
(my $zone = $mine) =~ s/^[^.]+\.//;
my $new = sprintf 'story-%x-%x.%s', time, $$, $zone;

step('a wrong key is 401, inside HTTP 200', sub {
    my $stranger = client('0' x 112);
    my $answer = $stranger->make_request(request('lookup', { domain => $new }));
    expect($answer, 401);
});

step('lookup: taken and available', sub {
    expect($client->make_request(request('lookup', { domain => $mine })), 211);
    expect($client->make_request(request('lookup', { domain => $new })), 210);
});

step("$new is registered", sub {
    my %holder = (
        first_name => 'Mary', last_name => 'Story', org_name => 'Story Ltd', address1 => '1 Main Street',
        city => 'Dulles', state => 'VA', postal_code => '20166', country => 'US',
        phone => '+1.7035555555', email => 'mary@story.example',
    );
    my $answer = $client->make_request(request('sw_register', {
        domain => $new, reg_type => 'new', period => 1, reg_username => 'mary123', reg_password => 'secret-Pw-1',
        custom_nameservers => 0, custom_tech_contact => 0, handle => 'process', auto_renew => 0,
        contact_set => { owner => {%holder}, admin => {%holder}, billing => {%holder} },
    }));
    expect($answer, 200);
    die "no numeric order id\n" unless $answer->{attributes}{id} =~ /^\d+$/;
});

step('its expiry is read, and it is renewed for a year', sub {
    my $answer = $client->make_request(request('get', { domain => $new, type => 'all_info' }));
    expect($answer, 200);
    my ($year) = $answer->{attributes}{expiredate} =~ /^(\d{4})-/ or die "no expiredate\n";
    my $renewed = $client->make_request(request('renew', {
        domain => $new, currentexpirationyear => $year, period => 1, handle => 'process', auto_renew => 0,
    }));
    expect($renewed, 200);
    # On the wire its name has blanks; the client puts underscores there.
    my ($then) = $renewed->{attributes}{registration_expiration_date} =~ /^(\d{4})-/;
    die "renewed from $year to $then\n" unless $then == $year + 1;
    expect($client->make_request(request('renew', {
        domain => $new, currentexpirationyear => $year, period => 1, handle => 'process', auto_renew => 0,
    })), 541);
});

step('it is locked and unlocked', sub {
    for my $state (1, 0) {
        expect($client->make_request(request('modify', {
            domain => $new, data => 'status', lock_state => $state,
        })), 200);
        my $status = $client->make_request(request('get', { domain => $new, type => 'status' }));
        die "lock_state is $status->{attributes}{lock_state}\n" if $status->{attributes}{lock_state} != $state;
    }
});

step('its code is asked for, and comes by mail', sub {
    my %before = map { $_ => 1 } glob "$mails/*.eml";
    my $answer = $client->make_request(request('send_authcode', { domain_name => $new }));
    expect($answer, 200);
    die "text: $answer->{response_text}\n" unless $answer->{response_text} eq 'Message sent';
    die "the answer has attributes\n" if $answer->{attributes};
    my $mail = wait_for(sub { grep { !$before{$_} } glob "$mails/*.eml" });
    my $text = slurp($mail);
    die "not to the admin contact:\n$text" unless $text =~ /^To: mary\@story\.example\r?$/m;
    die "not marked as automatic:\n$text" unless $text =~ /^Auto-Submitted: auto-generated\r?$/m;
    my ($code) = $text =~ /^    (\S{20,})\r?$/m or die "no code in\n$text";
    print "    the code has ", length $code, " characters\n";
});

step('unknown and foreign domains are one answer', sub {
    for my $name ("nothing-$$.$zone", 'nothing.nowhere') {
        my $answer = $client->make_request(request('send_authcode', { domain_name => $name }));
        expect($answer, 480);
    }
    expect($client->make_request(request('send_authcode', {})), 460);
    expect($client->make_request(request('no_such_action', {})), 430);
});

step('it is taken back within its grace period', sub {
    expect($client->make_request(request('revoke', { domain => $new, reseller => $account->{username} })), 200);
    expect($client->make_request(request('lookup', { domain => $new })), 210);
});

print "the story ends well\n";

sub client {
    my ($key) = @_;
    my $client = Net::OpenSRS->new;
    $client->environment('test');
    $client->{config}{$_}{host} = $address for qw(test live);
    $client->{config}{bulkhost} = $address;
    $client->set_key($key);
    # The reseller's name is what the client calls the management account's.
    $client->set_manage_auth($account->{username}, 'unused');
    return $client;
}

sub request {
    my ($action, $attributes) = @_;
    return { action => $action, object => 'domain', attributes => $attributes };
}

sub expect {
    my ($answer, $code) = @_;
    die 'no answer: ' . ($client->last_response // '') . "\n" unless $answer;
    my $got = $answer->{response_code};
    die "code $got instead of $code: $answer->{response_text}\n" unless $got == $code;
}

sub step {
    my ($what, $do) = @_;
    eval { $do->(); 1 } or do {
        print "FAILED: $what\n  $@";
        exit 1;
    };
    print "ok  $what\n";
}

sub wait_for {
    my ($look) = @_;
    my $until = time + 20;
    while (time < $until) {
        my ($found) = $look->();
        return $found if defined $found;
        sleep 0.1;
    }
    die "nothing came within 20 s\n";
}

sub slurp {
    my ($file) = @_;
    open my $handle, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$handle>;
}
