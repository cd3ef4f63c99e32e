#!/usr/bin/env bash
# A component is a file: one added by --catalogue is asked for, judged and planned like the built-in
# ones, and a built-in one can be replaced.
. "$(dirname "$0")/../lib.sh"

mkdir extra
sed 's/recorder/uploader/g; s/Recorder/Uploader/g; s/order   = 70/order   = 90/' \
    "$TOP/screens/recorder.conf" >extra/uploader.conf
cw init --preset lab --domain example.com --with uploader
fails "without its file nobody knows it" "$CERTWRIGHT" init --preset lab --domain example.com --with uploader
says "the answer names it" uploader
ok "with its file it is a component" "$CERTWRIGHT" --catalogue extra init --preset lab --domain example.com --with uploader
has "placed on the server" 'service "uploader" { identity = "cms1"' deployment.conf
ok "generate" "$CERTWRIGHT" --catalogue extra generate
ok "sign" "$CERTWRIGHT" --catalogue extra sign --ca labca
ok "check" "$CERTWRIGHT" --catalogue extra check
ok "plan" "$CERTWRIGHT" --catalogue extra plan
same "its commands are planned" "uploader certs cms1.key cms1.crt
uploader trust cms1.crt
uploader enable
uploader" "$(grep uploader install/cms1/commands.mmp)"
fails "the built-in catalogue alone refuses the deployment" "$CERTWRIGHT" check
says "and names the line" "deployment.conf:"

printf 'start = lab\nbasics.domain = example.com\nservers.uploader = yes\n' >answers
mkdir wizard && cd wizard || exit 1
ok "the wizard asks for it" "$CERTWRIGHT" --catalogue ../extra wizard --answers ../answers
same_file "and ends where init did" ../install/cms1/commands.mmp install/cms1/commands.mmp
cd ..

sed 's/title   = "Recorder"/title   = "Tape"/' "$TOP/screens/recorder.conf" >extra/recorder.conf
printf 'start = lab\nleave = basics\n' >answers
mkdir other && cd other || exit 1
run bash -c 'printf "lab\nexample.com\n\n\n" | "$CERTWRIGHT" --catalogue ../extra --plain wizard'
says "a file of the same name replaces" "Tape"
cd ..

echo 'titel = "x"' >extra/broken.conf
fails "a broken file is an error" "$CERTWRIGHT" --catalogue extra check
says "with file and line" "extra/broken.conf:1"
says "and what was meant" '"title"'
fails "a folder that is not there too" "$CERTWRIGHT" --catalogue nowhere check
