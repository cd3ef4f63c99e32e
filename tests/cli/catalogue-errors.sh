#!/usr/bin/env bash
# Every word of a component's file that means nothing is an error with file and line: a mistyped one
# would make a trust or a rule vanish without a sound.
. "$(dirname "$0")/../lib.sh"

compile=$(dirname "$CERTWRIGHT")/compile
mkdir extra
cw init --preset lab --domain example.com

# bad WHAT FILE SED WANTED…: FILE of screens/, changed, is refused at its line by --catalogue and by
# the build alike.
bad()
{
    local what=$1 file=$2 change=$3 line
    shift 3
    rm -rf extra screens
    mkdir extra && cp -r "$TOP/screens" screens
    sed "$change" "$TOP/screens/$file" >"screens/$file"
    cp "screens/$file" extra/
    line=$(diff "$TOP/screens/$file" "screens/$file" | sed -n '1s/^\([0-9]*\).*/\1/p')
    fails "$what" "$CERTWRIGHT" --catalogue extra check
    says "$what: file and line" "extra/$file:$line: "
    for text; do says "$what: says $text" "$text"; done
    if [ -x "$compile" ]; then
        fails "$what: the build stops" "$compile" screens
        says "$what: there, too" "screens/$file:$line: "
    fi
}

bad "kind of a trust" recorder.conf '/^trust "trust" /s/callbridge/calbridge/' \
    'the kind "calbridge" is not known' 'did you mean "callbridge"?'
bad "no kind at all" recorder.conf '/^trust "trust" /s/of = "callbridge"//' 'the kind "" is not known'
bad "slot of a trust" callbridge.conf '/^trust "c2w-trust"/s/slot = "c2w"/slot = "cw2"/' \
    'the slot "cw2" is not known' 'did you mean "c2w"?'
bad "how of a trust" recorder.conf '/^trust "trust" /s/pinned/pined/' 'how "pined" is not known' 'did you mean "pinned"?'
bad "via of a trust" recorder.conf '/^trust "trust" /s/how =/via = "listen"  how =/' '"listen" leads to no server'
bad "beside of a trust" callbridge.conf '/^trust "cluster-trust"/s/beside = "callbridge"/beside = "calbridge"/' \
    'the kind "calbridge" is not known' 'did you mean "callbridge"?'
bad "follows" recorder.conf 's/^follows = .*/follows = "callbrige"/' 'did you mean "callbridge"?'
bad "beside" recorder.conf 's/^follows = .*/beside = "nothing"/' 'the kind "nothing" is not known'
bad "same-ca-as" turn.conf 's/same-ca-as = "webbridge"/same-ca-as = "webbrige"/' 'did you mean "webbridge"?'
bad "same-root-as" database.conf 's/same-root-as = "server"/same-root-as = "sever"/' 'did you mean "server"?'
bad "wants" xmpp.conf 's/wants = "trunk"/wants = "trunc"/' 'the kind "trunc" is not known'
bad "key-not-of" turn.conf 's/same-ca-as = "webbridge"/key-not-of = "trunc"/' 'the kind "trunc" is not known'
bad "present" xmpp.conf '/"XMPP-SAN-IP"/s/"address"/"adress"/' 'present "adress" is not known' 'did you mean "address"?'
bad "a verb" xmpp.conf '/"XMPP-SAN-IP"/s/present/presents/' 'no such option "presents"' 'did you mean "present"?'
bad "no remedy" turn.conf '/"TLS-PORT-NO-CERT"/s/no-identity/service/' 'needs to say what mends it'
bad "slot of a rule" webbridge3.conf '/"C2W-NAME"/s/slot = "c2w"/slot = "c3w"/' 'did you mean "c2w"?'
bad "severity" xmpp.conf '/"XMPP-SAN-IP"/s/severity = "warning"/severity = "warn"/' 'severity "warn" is not known'
bad "usage" turn.conf '/"EKU-SERVER"/s/"serverAuth"/"serverauth"/' 'did you mean "serverAuth"?'
bad "usage of a slot" turn.conf 's/EKU = "serverAuth"/EKU = "server"/' 'EKU "server" is not known'
bad "signer in a verb" turn.conf 's/not-signer = "internal self"/not-signer = "internal slef"/' 'did you mean "self"?'
bad "platform" webbridge3.conf 's/not-platform = "x-series"/not-platform = "xseries"/' 'did you mean "x-series"?'
bad "signer of a slot" turn.conf 's/    signer "internal"/    signer "intern"  /' 'did you mean "internal"?'
bad "takes" turn.conf 's/"certificate", "bundle" }/"certificat", "bundle" }/' 'did you mean "certificate"?'
bad "type" turn.conf '/^ask "tls-port"/,/^}/s/type = "port"/type = "prot"/' 'did you mean "port"?'
bad "type of a fact" xmpp.conf '/^fact "xmpp"/s/"tick"/"tic"/' 'did you mean "tick"?'
bad "block of a fact" callbridge.conf '/^fact "cluster" /s/"validation"/"validate"/' 'did you mean "validation"?'
bad "choices" callbridge.conf 's/    help = "Interfaces, without a port."/    choices = "a"/' '"interfaces" and its choices do not fit'
bad "source" turn.conf '/^base/s/source = "field"/source = "feild"/' 'did you mean "field"?'
bad "effect" callbridge.conf 's/effect = "restart"/effect = "reboot"/' 'effect "reboot" is not known'
bad "stage" turn.conf 's/^before /befor  /' 'no such option "befor"' 'did you mean "before"?'
bad "hole of a command" turn.conf 's/^assign  "turn certs {identity.key}/assign  "turn certs {identity.kee}/' \
    '{identity.kee} means nothing' 'did you mean "key"?'
bad "file that a slot does not take" recorder.conf '/^assign  "recorder certs/s/identity.certificate/identity.fullchain/' \
    '{identity.fullchain} means nothing'
bad "trust of a command" recorder.conf '/^assign  "recorder trust/s/{trust}/{truss}/' 'did you mean "trust"?'
bad "part of an option" webadmin.conf '/^base/s/listen.port/listen.prot/' '{listen.prot} means nothing' 'did you mean "port"?'
bad "part of an address" webbridge3.conf '/"C2W-NAME"/s/c2w-url.host/c2w-url.hosts/' 'did you mean "host"?'
bad "hole of an expectation" turn.conf 's/^display "turn" {/display "turn" { expect = "TLS key : {identity.keys}"/' \
    '{identity.keys} means nothing'
bad "hole of a display" turn.conf '/^status /,$s/{identity.bundle}/{identity.bundel}/' '{identity.bundel} means nothing' 'did you mean "bundle"?'
bad "half a choice" turn.conf 's/{state.enabled?true|false}/{state.enabled?true}/' 'does not say what stands there otherwise'
bad "open bracket of a display" turn.conf 's/\[{tls-port}|none\]/[{tls-port}|none/' 'never closed'
bad "hole of a reply" webbridge.conf 's/"{identity.bundle?SUCCESS/"{identity.bundels?SUCCESS/' '{identity.bundels} means nothing'
bad "a display without lines" sip.conf '/^status/,$c status "tls sip" { source = "ours" }' 'a status form has no line'
bad "source of a display" sip.conf '/^status/s/"ours"/"our"/' 'did you mean "ours"?'
bad "hole of a default" turn.conf 's/default = "turn{n}.{domain}"/default = "turn{n}.{doman}"/' 'did you mean "domain"?'
bad "hole of a CN" turn.conf 's/CN = "{a-record}"/CN = "{arecord}"/' 'did you mean "a-record"?'
bad "hole of a name" xmpp.conf 's/SAN = { "{domain}", "{domains}" }/SAN = { "{domain}", "{domainz}" }/' '{domainz} means nothing'
bad "hole of an identity" turn.conf 's/identity = "turn{n}"/identity = "turn{m}"/' '{m} means nothing'
bad "hole of a rule's names" xmpp.conf '/"XMPP-DNS-NAME"/s/{host}/{hots}/' 'did you mean "host"?'
bad "hole of a rule's cn" callbridge.conf '/"LYNC-CN"/s/{lync-fqdn}/{lync-fqnd}/' 'did you mean "lync-fqdn"?'
bad "hole of a remedy" webbridge.conf 's/remedy = "have {a-record}/remedy = "have {a-recrod}/' 'did you mean "a-record"?'
bad "open hole" turn.conf 's/^assign  "turn certs {identity.key}/assign  "turn certs {identity.key/' 'never closed'
bad "open bracket" turn.conf 's/\[ {identity.bundle}\]/[ {identity.bundle}/' 'never closed'
bad "condition" turn.conf '/^base/s/when = "tls-port"/when = "tls-prot"/' 'the condition tls-prot means nothing' 'did you mean "tls-port"?'
bad "negated condition" webbridge.conf 's/when = "!with:xmpp"/when = "!with:xmp"/' 'did you mean "xmpp"?'
bad "condition on a kind" callbridge.conf 's/when = "with:webbridge3"/when = "with:webbridge4"/' 'the kind "webbridge4" is not known'
bad "condition on a validation" callbridge.conf '/^trust "xmpp-trust"/s/validation.xmpp/validation.xmp/' 'did you mean "xmpp"?'
bad "condition of a signer" turn.conf 's/signer "public"   { when = "webrtc-apps"/signer "public"   { when = "webrtc-app"/' \
    'did you mean "webrtc-apps"?'
bad "value of a condition" webbridge3.conf 's/purpose=production/purpose=productive/' 'did you mean "production"?'
bad "release" turn.conf 's/^until   = "2.9"/until   = "2.9x"/' '"2.9x" is no release'
bad "release of a command" recorder.conf '/^base    "recorder listen/s/until = "2.9"/until = "two"/' '"two" is no release'
bad "gap without an end" turn.conf 's/^again   = "3.1"/again   = "2.8"/' 'it is back in 2.8, before it has gone'
bad "api elsewhere" webbridge3.conf 's/^other   "webbridge3 restart" {/other   "webbridge3 restart" { api = true/' 'only what is done by hand'
bad "none and undo" recorder.conf '/^assign  "recorder trust/s/none = true/none = true  undo = "recorder trust none"/' 'both say what undoes it'
bad "back of a trust" loadbalancer.conf '/^trust /s/back = "edge"/back = "port"/' '"port" leads to no server'
bad "per" trunk.conf 's/^per .*/per = "port"/' '"port" leads to no server'
bad "per that nobody asks" trunk.conf 's/^per .*/per = "egde"/' 'nothing asks for "egde"'
bad "hole of a tag" trunk.conf 's/^name .*/name = "trunkto{port}"/' 'the hole "port" is not known'
bad "kind of an implied one" database.conf 's/^implied "callbridge"/implied "calbridge"/' 'did you mean "callbridge"?'
bad "its condition" database.conf '/^implied /s/database=remote/database=far/' 'the value "far" is not known'
bad "its options" database.conf '/^implied /s/"root-file"/"rot-file"/' 'did you mean "root-file"?'
bad "the whole of a part" ldap.conf 's/^part-of .*/part-of = "nothing"/' 'the kind "nothing" is not known'
bad "a part of a part" ldap.conf 's/^part-of .*/part-of = "sip"/' '"sip" is a part itself'
bad "a service in a part" xmpp.conf 's/^order .*/part-of = "turn"/' 'a part of another kind has no slot'
bad "against" database.conf '/"server" {/,/^}/s/against = "root"/against = "rot"/' 'no trust is called "rot"'
bad "a proposal" callbridge.conf 's/proposal "remote" /proposal "remoet" /' 'did you mean "remote"?'
bad "condition of a proposal" callbridge.conf 's/"with:database"/"with:databsae"/' 'did you mean "database"?'
bad "a slot that signs" database.conf '/"server" {/,/^}/s/signer "root" /signer "rot" /' 'did you mean "root"?'
bad "hole of the first" database.conf 's/join {first.address}/join {first.adress}/' 'did you mean "address"?'
bad "condition on several" xmpp.conf '/"NATIVE/s/!with:/several:load/' 'the kind "loadloadbalancer" is not known'

# A file that replaces a built-in one may not leave out what another trusts.
rm -rf extra && mkdir extra
sed 's/"c2w"/"c3w"/; s/\<c2w\.\(key\|fullchain\)\>/c3w.\1/g; s/slot = "c2w"/slot = "c3w"/' "$TOP/screens/webbridge3.conf" >extra/webbridge3.conf
fails "a slot that others trust is gone" "$CERTWRIGHT" --catalogue extra check
says "and who does is told" 'Call Bridge accepts what is in its slot "c2w", which is not there'

# Presets.
mkdir -p extra/presets && rm extra/webbridge3.conf
preset() { printf '%s\n' "$@" >extra/presets/mine.conf; }
preset 'title = "mine"' 'server "cms1" { address = "cms1.{domain}"  kinds = { "webadmin", "calbridge" } }'
fails "kind of a preset" "$CERTWRIGHT" --catalogue extra check
says "its line" 'presets/mine.conf:2: the kind "calbridge" is not known: did you mean "callbridge"?'
preset 'title = "mine"' 'facts = "webrtc-apps"' 'value "turn" { option = "tls-prot"  value = "447" }'
fails "option of a preset" "$CERTWRIGHT" --catalogue extra check
says "its line, too" 'presets/mine.conf:3: the option "tls-prot" is not known: did you mean "tls-port"?'
preset 'title = "mine"' 'facts = "webrtc-app"'
fails "fact of a preset" "$CERTWRIGHT" --catalogue extra check
says "and its line" 'presets/mine.conf:2: the fact "webrtc-app" is not known: did you mean "webrtc-apps"?'
preset 'title = "mine"' 'facts = "webrtc-apps"' 'value "turn" { option = "tls-port"  value = "447" }'
ok "a right one" "$CERTWRIGHT" --catalogue extra generate
# wrong_preset WHAT WANTED LINE…: the last line is the wrong one
wrong_preset()
{
    local what=$1 wanted=$2
    shift 2
    preset "$@"
    fails "$what" "$CERTWRIGHT" --catalogue extra check
    says "$what: file, line and reason" "presets/mine.conf:$#: $wanted"
}
wrong_preset "one of two kinds" 'the kind "webridge3" is not known: did you mean "webbridge3"?' \
    'server "cms1" { kinds = "webbridge|webridge3" }'
wrong_preset "kind of an offer" 'the kind "recoder" is not known: did you mean "recorder"?' \
    'offer "relay" { label = "Relay"  kinds = "recoder" }'
wrong_preset "several servers of one name" 'several servers have one name' 'server "core" { count = "cores"  kinds = "turn" }'
wrong_preset "too many servers" 'no preset makes 1000 servers' 'server "core{n}" { count = "cores"  default = 1000 }'
wrong_preset "a server for a kind" 'the kind "recoder" is not known' 'server "r" { with = "recoder" }'
wrong_preset "where more is added" 'the server "core" is not known' 'server "core{n}" { count = "cores" }' 'add "turn" { to = "core" }'
wrong_preset "unless" 'the count "edges" is not known' 'server "core{n}" { count = "cores" }' \
    'add "turn" { to = "core{n}"  unless = "edges" }'
wrong_preset "condition of a value" 'the condition tls-prot means nothing' \
    'value "turn other" { option = "tls-port"  value = "447"  when = "tls-prot" }'
wrong_preset "validation" 'the fact "xmp" is not known' 'facts = { "validation.xmp" }'
