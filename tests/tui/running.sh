#!/usr/bin/env bash
# Three cores and two edges on emulated appliances, for a session that takes them over: in the folder night/ a log of
# each and what was fetched from it, webadmin1's request included.
set -eu
mkdir -p planned night && cd planned
certwright init --preset scalable --cores 3 --edges 2 --domain example.com --force >/dev/null
sed -i 's/^key .*/key { type = "ec" bits = 256 }/' deployment.conf
certwright --quiet generate
certwright --quiet sign --ca testca --make-ca
certwright --quiet plan --base --force
certwright adopt --commands | sed -n '/^version$/,/^$/p' | grep . >typed
for server in core1 core2 core3 edge1 edge2; do
    mkdir -p $server ../night/$server
    cp install/$server/files/* $server
    jq -r --arg s $server '.[] | select(.server == $s and .command != "") | .command' install/plan.json |
        certwright mmp --state $server >/dev/null
    while read -r line; do
        printf '%s> %s\r\n' $server "$line"
        certwright mmp --state $server <<<"$line" | sed 's/$/\r/'
    done <typed >../night/$server.log
    cp $server/*.crt ../night/$server
done
cp store/webadmin1.csr ../night/core1
