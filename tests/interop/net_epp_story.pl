#!/usr/bin/env perl
# A registrar's day with Net::EPP::Simple (Debian's libnet-epp-perl): from login to logout against a running sandbox.
#
#     net_epp_story.pl DIR/sandbox.json
#
# Every step is judged by its result code and by what is read back, every answer by the rules of the wire
# (clTRID echoed, svTRID new, one result, more than 256 bytes). One line a step; the first deviation prints
# the frames and ends the run with status 1.
use strict;
use warnings;

# Net::EPP::Simple itself; it only remembers and judges what passes.
package Wire;
use parent -norequire, 'Net::EPP::Simple';
use Net::EPP::Simple;

our %server_ids;
# The session that spoke last: what it saw is shown when the story dies.
our $last = {};

sub request {
    my ($self, $frame) = @_;
    $last = $self;
    $self->{received} = 'nothing';
    my $answer = $self->SUPER::request($frame);
    # Read now: the client has filled in the clTRID.
    $self->{sent} = ref $frame ? $frame->toString(1) : $frame;
    main::deviates($self, ref $frame, "no answer: $Net::EPP::Simple::Error") unless $answer;
    $self->{answer} = $answer;
    $self->judge($frame) if ref $frame and $frame->isa('Net::EPP::Frame::Command');
    return $answer;
}

sub get_return_value {
    my ($self, $xml) = @_;
    $self->{received} = $xml;
    my $length = length($xml) + 4;
    main::deviates($self, 'frame', "$length bytes: one client waits for ever on 256 or less") if $length <= 256;
    return $self->SUPER::get_return_value($xml);
}

# What holds for every answer, whatever was asked.
sub judge {
    my ($self, $frame) = @_;
    my $asked = $frame->clTRID->textContent;
    my $echoed = main::text($self, '//e:trID/e:clTRID') // '(none)';
    main::deviates($self, 'clTRID', "$asked came back as $echoed") if $asked ne $echoed;
    my $server_id = main::text($self, '//e:trID/e:svTRID') // '';
    main::deviates($self, 'svTRID', "'$server_id' is missing or was used before")
        if $server_id eq '' or $server_ids{$server_id}++;
    my $results = main::nodes($self, '/e:epp/e:response/e:result');
    main::deviates($self, 'result', "$results of them") if $results != 1;
}

package main;
use File::Basename qw(dirname);
use File::Spec;
use JSON::PP;
use XML::LibXML::XPathContext;

my %NS = (
    e => 'urn:ietf:params:xml:ns:epp-1.0',
    domain => 'urn:ietf:params:xml:ns:domain-1.0',
    contact => 'urn:ietf:params:xml:ns:contact-1.0',
    host => 'urn:ietf:params:xml:ns:host-1.0',
);
# A queue that does not empty within so many acks does not empty.
my $MESSAGES_AT_MOST = 1000;

$| = 1;
die "usage: net_epp_story.pl DIR/sandbox.json\n" if @ARGV != 1;
my $sandbox = decode_json(slurp($ARGV[0]));
my $root = File::Spec->rel2abs(dirname($ARGV[0]));
my $run = sprintf '%x%04x', time, $$ & 0xffff;
eval { story($run); 1 } or deviates($Wire::last, 'the story', $@);
print "Net::EPP: the story ends well\n";
exit 0;

# ClientX registers, ClientY takes over. The run makes the names new.
sub story {
    my ($run) = @_;
    my ($name, $other) = ("netepp-$run.example", "netepp-$run-short.example");
    my ($holder, $short_holder) = ("ne$run", "ns$run");
    my $server = "ns1.$name";
    my ($losing, $gaining) = map { log_in($_) } qw(ClientX ClientY);
    drain($_) for $losing, $gaining;
    check_domains($losing, { $name => 1, $other => 1 });
    demand($losing, "check_contact $holder", $losing->check_contact($holder), 1);
    demand($losing, "check_host $server", $losing->check_host($server), 1);
    contacts($losing, $holder, $short_holder);
    register($losing, $name, $holder, "Auth-$run");
    check_domains($losing, { $name => 0, $other => 1 });
    hosts($losing, $name, $server);
    update($losing, $name, $server);
    renew($losing, $name);
    transfer($losing, $gaining, $name, "Auth-$run");
    short_life($losing, $other, $short_holder);
    farewell($losing, $gaining, $name, $server, $holder);
    log_out($_) for $losing, $gaining;
}

sub log_in {
    my ($id) = @_;
    my ($account) = grep { $_->{id} eq $id } @{ $sandbox->{registrars} };
    my $listener = $sandbox->{epp}{ietf};
    my $epp = Wire->new(
        host => $listener->{host},
        port => $listener->{port},
        user => $id,
        pass => $account->{password},
        load_config => 0,
        # A dead connection is a deviation here, not a reason to try again.
        reconnect => 0,
        timeout => 10,
        verify => 1,
        ca_file => "$root/$sandbox->{ca_cert}",
        cert => "$root/$account->{cert}",
        key => "$root/$account->{key}",
    );
    deviates({ user => $id }, 'login', $Net::EPP::Simple::Error) unless $epp;
    step($epp, 'login, with everything that the greeting lists', 1000);
    $epp->ping or deviates($epp, 'hello', 'no answer');
    demand($epp, 'hello gets a greeting', scalar nodes($epp, '/e:epp/e:greeting/e:svID'), 1);
    for my $object (qw(domain contact host)) {
        my $offered = grep { $_->textContent eq $NS{$object} } nodes($epp, '//e:svcMenu/e:objURI');
        demand($epp, "the greeting offers $object", $offered, 1);
    }
    return $epp;
}

sub check_domains {
    my ($epp, $expected) = @_;
    my $frame = Net::EPP::Frame::Command::Check::Domain->new;
    $frame->addDomain($_) for sort keys %$expected;
    $epp->request($frame);
    step($epp, 'check ' . join(', ', sort keys %$expected), 1000);
    my %seen = map { $_->textContent => $_->getAttribute('avail') } nodes($epp, '//domain:cd/domain:name');
    demand($epp, "avail of $_", $seen{$_}, $expected->{$_}) for sort keys %$expected;
}

sub contacts {
    my ($epp, @ids) = @_;
    for my $id (@ids) {
        my %contact = (
            id => $id,
            postalInfo => {
                int => {
                    name => 'John Doe',
                    org => 'Example Inc.',
                    addr => {
                        street => [ '123 Example Dr.', 'Suite 100' ],
                        city => 'Dulles', sp => 'VA', pc => '20166-6503', cc => 'US',
                    },
                },
            },
            voice => '+1.7035555555', fax => '+1.7035555556',
            email => 'jdoe@example.com', authInfo => '2fooBAR',
        );
        $epp->create_contact(\%contact);
        step($epp, "create_contact $id", 1000);
        $epp->create_contact(\%contact);
        step($epp, "create_contact $id again", 2302);
    }
    my $id = $ids[0];
    my $read = $epp->contact_info($id);
    step($epp, "contact_info $id", 1000);
    demand($epp, 'name', $read->{postalInfo}{int}{name}, 'John Doe');
    demand($epp, 'streets', join('|', @{ $read->{postalInfo}{int}{addr}{street} }), '123 Example Dr.|Suite 100');
    demand($epp, 'sponsor', $read->{clID}, 'ClientX');
    demand($epp, 'email', $read->{email}, 'jdoe@example.com');
    update_contact($epp, { id => $id, chg => { voice => '+372.5551234', email => 'new@example.com' } });
    $read = $epp->contact_info($id);
    step($epp, "contact_info $id", 1000);
    demand($epp, 'voice', $read->{voice}, '+372.5551234');
    demand($epp, 'email', $read->{email}, 'new@example.com');
    demand($epp, 'updated by', $read->{upID}, 'ClientX');
    demand($epp, 'name kept', $read->{postalInfo}{int}{name}, 'John Doe');
}

# update_contact() sends an empty <add/> and <rem/>, which RFC 5733's schema does not allow. A server may do the
# update all the same, or name what is missing and serve on; the frame without them must be done.
sub update_contact {
    my ($epp, $change) = @_;
    $epp->update_contact($change);
    my $code = result_code($epp);
    step($epp, "update_contact $change->{id}, with empty <add/> and <rem/>", $code);
    demand($epp, "code $code is 1000 or 2003", scalar(grep { $code == $_ } 1000, 2003), 1);
    my $frame = $epp->_generate_update_contact_frame($change);
    for my $empty (grep { !$_->hasChildNodes } map { $frame->getElementsByTagName("contact:$_") } qw(add rem)) {
        $empty->parentNode->removeChild($empty);
    }
    $epp->request($frame);
    step($epp, "update_contact $change->{id}, by the schema", 1000);
}

sub register {
    my ($epp, $name, $holder, $auth_info) = @_;
    my %domain = (name => $name, period => 2, registrant => $holder, contacts => {}, authInfo => $auth_info);
    $epp->create_domain(\%domain);
    step($epp, "create_domain $name", 1000);
    my $expires = text($epp, '//domain:creData/domain:exDate');
    $epp->create_domain(\%domain);
    step($epp, "create_domain $name again", 2302);
    my $read = $epp->domain_info($name);
    step($epp, "domain_info $name", 1000);
    demand($epp, 'name', $read->{name}, $name);
    demand($epp, 'registrant', $read->{registrant}, $holder);
    demand($epp, 'sponsor', $read->{clID}, 'ClientX');
    demand($epp, 'creator', $read->{crID}, 'ClientX');
    demand($epp, 'exDate as create told', $read->{exDate}, $expires);
    demand($epp, 'a period of 2 years', day($expires), years_after(day($read->{crDate}), 2));
    my $followed = $epp->domain_info($name, undef, 1);
    demand($epp, 'the registrant, followed', $followed->{registrant}{id}, $holder);
}

sub hosts {
    my ($epp, $name, $server) = @_;
    $epp->create_host({ name => $server, addrs => [ { ip => '192.0.2.1', version => 'v4' } ] });
    step($epp, "create_host $server", 1000);
    $epp->update_host({ name => $server, add => { addrs => [ { ip => '2001:db8::1', version => 'v6' } ] } });
    step($epp, "update_host $server: add an address", 1000);
    my $read = $epp->host_info($server);
    step($epp, "host_info $server", 1000);
    my $addresses = join ' ', sort map { "$_->{version}=$_->{addr}" } @{ $read->{addrs} };
    demand($epp, 'addresses', $addresses, 'v4=192.0.2.1 v6=2001:db8::1');
    demand($epp, 'an unused host is not linked', has($read, 'linked'), 0);
    demand($epp, "check_host $server", $epp->check_host($server), 0);
}

sub update {
    my ($epp, $name, $server) = @_;
    $epp->update_domain({ name => $name, add => { ns => [$server], status => { clientDeleteProhibited => 'not yet' } } });
    step($epp, "update_domain $name: add $server, prohibit delete", 1000);
    my $read = $epp->domain_info($name);
    step($epp, "domain_info $name", 1000);
    demand($epp, 'nameservers', "@{ $read->{ns} }", $server);
    demand($epp, 'subordinate hosts', "@{ $read->{hosts} }", $server);
    demand($epp, 'clientDeleteProhibited', has($read, 'clientDeleteProhibited'), 1);
    demand($epp, 'ok', has($read, 'ok'), 0);
    demand($epp, 'the host is linked', has($epp->host_info($server), 'linked'), 1);
    $epp->delete_domain($name);
    step($epp, "delete_domain $name: prohibited", 2304);
    $epp->update_domain({ name => $name, rem => { status => ['clientDeleteProhibited'] } });
    step($epp, "update_domain $name: lift it", 1000);
    demand($epp, 'lifted', has($epp->domain_info($name), 'clientDeleteProhibited'), 0);
}

sub renew {
    my ($epp, $name) = @_;
    my $expires = day($epp->domain_info($name)->{exDate});
    my $later = years_after($expires, 1);
    $epp->renew_domain({ name => $name, cur_exp_date => $later, period => 1 });
    step($epp, "renew_domain $name from a wrong date", 2306);
    $epp->renew_domain({ name => $name, cur_exp_date => $expires, period => 1 });
    step($epp, "renew_domain $name by 1 year", 1000);
    demand($epp, 'exDate a year later', day($epp->domain_info($name)->{exDate}), $later);
}

sub transfer {
    my ($losing, $gaining, $name, $auth_info) = @_;
    # The client reads white space between elements as data without a name.
    local $SIG{__WARN__} = sub { };
    $gaining->domain_transfer_request($name, 'wrong-Auth-1', 1);
    step($gaining, "domain_transfer_request $name with a wrong authInfo", 2202);
    my $asked = $gaining->domain_transfer_request($name, $auth_info, 1);
    step($gaining, "domain_transfer_request $name", 1001);
    demand($gaining, 'trStatus', $asked->{trStatus}, 'pending');
    demand($gaining, 'reID, acID', "$asked->{reID}, $asked->{acID}", 'ClientY, ClientX');
    $gaining->domain_transfer_request($name, $auth_info, 1);
    step($gaining, "domain_transfer_request $name again", 2300);
    my $pending = $losing->domain_info($name);
    demand($losing, 'pendingTransfer', has($pending, 'pendingTransfer'), 1);
    demand($losing, "the loser's message", drain($losing)->{"$name pending"}, 1);
    my $query = $losing->domain_transfer_query($name);
    step($losing, "domain_transfer_query $name", 1000);
    demand($losing, 'trStatus', $query->{trStatus}, 'pending');
    $gaining->domain_transfer_approve($name);
    step($gaining, "domain_transfer_approve $name by the gainer", 2201);
    $losing->domain_transfer_approve($name);
    step($losing, "domain_transfer_approve $name", 1000);
    demand($losing, 'trStatus', text($losing, '//domain:trStatus'), 'clientApproved');
    demand($gaining, "the gainer's message", drain($gaining)->{"$name clientApproved"}, 1);
    my $moved = $gaining->domain_info($name);
    step($gaining, "domain_info $name", 1000);
    demand($gaining, 'sponsor', $moved->{clID}, 'ClientY');
    demand($gaining, 'trDate is there', defined $moved->{trDate} ? 1 : 0, 1);
    demand($gaining, 'a year more', day($moved->{exDate}), years_after(day($pending->{exDate}), 1));
    $losing->update_domain({ name => $name, chg => { authInfo => 'Mine-still-1' } });
    step($losing, "update_domain $name by the loser", 2201);
}

# Registered and deleted within the add grace period: gone at once.
sub short_life {
    my ($epp, $name, $holder) = @_;
    my %domain = (name => $name, period => 1, registrant => $holder, contacts => {}, authInfo => 'Short-life-1');
    $epp->create_domain(\%domain);
    step($epp, "create_domain $name", 1000);
    $epp->delete_contact($holder);
    step($epp, "delete_contact $holder: linked", 2305);
    $epp->delete_domain($name);
    step($epp, "delete_domain $name", 1000);
    $epp->domain_info($name);
    step($epp, "domain_info $name", 2303);
    check_domains($epp, { $name => 1 });
    $epp->delete_contact($holder);
    step($epp, "delete_contact $holder", 1000);
    $epp->contact_info($holder);
    step($epp, "contact_info $holder", 2303);
}

# The new sponsor deletes what it took over; the subordinate host came along.
sub farewell {
    my ($losing, $gaining, $name, $server, $holder) = @_;
    $gaining->delete_domain($name);
    step($gaining, "delete_domain $name: has a subordinate host", 2305);
    $gaining->delete_host($server);
    step($gaining, "delete_host $server: linked", 2305);
    $gaining->update_domain({ name => $name, rem => { ns => [$server] } });
    step($gaining, "update_domain $name: remove $server", 1000);
    $gaining->delete_host($server);
    step($gaining, "delete_host $server", 1000);
    $gaining->host_info($server);
    step($gaining, "host_info $server", 2303);
    $losing->delete_contact($holder);
    step($losing, "delete_contact $holder: linked", 2305);
    $gaining->delete_domain($name);
    my $code = result_code($gaining);
    # 1001: after its add grace period a name goes through redemption; a policy without one says 1000.
    demand($gaining, "delete_domain $name: code $code is 1000 or 1001", $code =~ /^100[01]$/ ? 1 : 0, 1);
    step($gaining, "delete_domain $name", $code);
    my $left = $gaining->domain_info($name);
    step($gaining, "domain_info $name", $code == 1000 ? 2303 : 1000);
    demand($gaining, 'pendingDelete', has($left, 'pendingDelete'), 1) if $code == 1001;
}

# Reads and acks until the queue is empty; gives back "NAME TRSTATUS" of the transfer messages.
sub drain {
    my ($epp) = @_;
    my %told;
    for (1 .. $MESSAGES_AT_MOST) {
        $epp->request(Net::EPP::Frame::Command::Poll::Req->new);
        if (result_code($epp) == 1300) {
            step($epp, 'poll: the queue is empty after ' . keys(%told) . ' transfer messages', 1300);
            return \%told;
        }
        demand($epp, 'poll req', result_code($epp), 1301);
        my ($queue) = nodes($epp, '//e:msgQ');
        my ($id, $count) = map { $queue->getAttribute($_) } qw(id count);
        if (nodes($epp, '//domain:trnData')) {
            $told{ text($epp, '//domain:trnData/domain:name') . ' ' . text($epp, '//domain:trnData/domain:trStatus') } = 1;
        }
        my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
        $ack->setMsgID($id);
        $epp->request($ack);
        demand($epp, "poll ack $id", result_code($epp), 1000);
        my ($left) = nodes($epp, '//e:msgQ');
        deviates($epp, "poll ack $id", 'no msgQ in the answer') unless $left;
        demand($epp, 'count after the ack', $left->getAttribute('count'), $count - 1);
    }
    deviates($epp, 'poll', "not empty after $MESSAGES_AT_MOST messages");
}

sub log_out {
    my ($epp) = @_;
    $epp->request(Net::EPP::Frame::Command::Logout->new);
    step($epp, 'logout', 1500);
    # The client's own reader must find the end of the stream.
    demand($epp, 'the connection is closed', $epp->get_frame ? 'no' : 'yes', 'yes');
    $epp->{authenticated} = undef;
    $epp->logout;
}

# Demands the code of the last answer.
sub step {
    my ($epp, $what, $expected) = @_;
    my $code = result_code($epp);
    deviates($epp, $what, "code $code, expected $expected") if $code != $expected;
    print "Net::EPP $epp->{user}: $code $what\n";
}

sub demand {
    my ($epp, $what, $is, $should) = @_;
    $is = '(nothing)' unless defined $is;
    deviates($epp, $what, "is '$is', should be '$should'") if $is ne $should;
}

sub deviates {
    my ($epp, $what, $why) = @_;
    my ($user, $sent, $received) = map { $_ // 'nothing' } @$epp{qw(user sent received)};
    $sent =~ s{<((?:\w+:)?(?:pw|newPW))>[^<]*<}{<$1>***<}g;
    print "DEVIATION: $user: $what: $why\n--- sent\n$sent\n--- received\n$received\n";
    # Not exit: the client's destructor would talk to the server again.
    require POSIX;
    POSIX::_exit(1);
}

sub result_code {
    my ($epp) = @_;
    my ($result) = nodes($epp, '/e:epp/e:response/e:result');
    deviates($epp, 'answer', 'no result in it') unless $result;
    return $result->getAttribute('code');
}

# Elements of the last answer, whatever prefixes it uses.
sub nodes {
    my ($epp, $path) = @_;
    my $context = XML::LibXML::XPathContext->new($epp->{answer});
    $context->registerNs($_ => $NS{$_}) for keys %NS;
    my @found = $context->findnodes($path);
    return wantarray ? @found : scalar @found;
}

sub text {
    my ($epp, $path) = @_;
    my ($node) = nodes($epp, $path);
    return $node ? $node->textContent : undef;
}

sub has {
    my ($read, $status) = @_;
    return scalar grep { $_ eq $status } @{ $read->{status} || [] };
}

sub day { return substr $_[0] // '', 0, 10 }

# Calendar years; 29 February becomes the 28th.
sub years_after {
    my ($day, $years) = @_;
    my ($year, $month, $date) = split /-/, $day;
    $year += $years;
    my $leap = ($year % 4 == 0 && $year % 100 != 0) || $year % 400 == 0;
    $date = '28' if "$month-$date" eq '02-29' && !$leap;
    return "$year-$month-$date";
}

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}
