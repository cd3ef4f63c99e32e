#!/usr/bin/env bash
# Keys, pastes and sizes at random, with kills in between: no accepted answer is lost, deployment.conf
# can always be read, and nothing crashes. SEED chooses the run, LENGTH its seconds (600 by hand).
# Sanitized only, when all are run.
. "$(dirname "$0")/../lib.sh"

LENGTH=${LENGTH:-12} SEED=${SEED:-$RANDOM}
if run python3 "$TOP/tests/tui/random_keys.py" "$CERTWRIGHT" "$LENGTH" "$SEED"; then
    pass "$LENGTH seconds of random keys, seed $SEED: $out"
else
    fail "random keys, seed $SEED" "$(told)"
fi
