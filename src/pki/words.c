#include "pki/words.h"

#include "base/escape.h"

#include <string.h>

struct wording {
    const char *text;
    const char *source; /* guide and section, field and document, or ours */
};

static const struct wording wordings[WORD_COUNT] = {
    [WORD_LIST_HEAD] = {"User supplied certificates and keys:", "field 217320"},
    [WORD_LIST_SSH_HEAD] = {"SSH public keys:", "ours"},
    [WORD_SSH_FOUND] = {"Checking ssh public keys...found", "ours, after 4.8"},
    [WORD_SSH_NOT_FOUND] = {"Checking ssh public keys...not found", "guide 4.8"},
    [WORD_FILES_FOUND] = {"Checking user configured certificates and keys...found", "guide 4.8"},
    [WORD_FILES_NOT_FOUND] = {"Checking user configured certificates and keys...not found",
                              "ours, after 4.8"},
    [WORD_CONTENT] = {"File contains a {1} encoded {2}", "guide 4.8 (PEM certificate)"},
    [WORD_CONTENT_SSH] = {"File contains an SSH public key", "ours, after 4.8"},
    [WORD_CONTENT_UNKNOWN] = {"File contains unknown data", "ours app. C: unknown"},
    [WORD_MATCH] = {"SUCCESS: Key and certificate pair match", "guide 4.4 (xmpp enable)"},
    [WORD_NO_MATCH] = {"FAILURE: Key and certificate problem: certificate and key do not match",
                       "guide 4.4 (xmpp enable)"},
    [WORD_VERIFIED] = {"SUCCESS: certificate verified against CA bundle",
                       "field Cisco Live lab (enable)"},
    [WORD_CHAIN_VERIFIED] = {"SUCCESS: full chain of certificates verifies correctly", "ours"},
    [WORD_NOT_VERIFIED] = {"FAILURE: certificate verification error: depth={1} issuer= {2} "
                           "Verification error: {3} Failed cert:",
                           "guide 4.4 (xmpp enable)"},
    [WORD_MADE_CSR] = {"Created key file {1} and CSR {2}", "field 217320"},
    [WORD_MADE_CSR_ONLY] = {"Created CSR {2} for key file {1}", "ours"},
    [WORD_MADE_SELFSIGNED] = {"Created key file {1} and certificate {2}", "ours, after 217320"},
    [WORD_MADE_SELFSIGNED_ONLY] = {"Created certificate {2} for key file {1}", "ours"},
    [WORD_SIGNED] = {"Created certificate {1}, signed by {2}", "ours"},
    [WORD_UNLOCKED] = {"Unlocked key file {1}", "ours"},
    [WORD_WAS_OPEN] = {"Key file {1} is not locked", "ours"},
    [WORD_SSH_MADE] = {"Replaced {1} by its SSH public key", "ours"},
    [WORD_ASCII_FORM] = {"{1} is written as {2}", "ours"},
    [WORD_USAGE_NONE] = {"No service uses a certificate", "ours"},
    [WORD_FILE_ABSENT] = {"FAILURE: file {1} not found", "ours"},
    [WORD_FILE_NAME] = {"FAILURE: file name {1} not accepted: letters, digits and hyphens, then "
                        "one dot and an extension",
                        "ours, after 4.2"},
    [WORD_NO_KEY_FILE] = {"FAILURE: {1} is no key file: its extension must be .key, .pem or .der",
                          "ours, after app. B"},
    [WORD_NO_CERTIFICATE_FILE] = {"FAILURE: {1} is no certificate file: its extension must be "
                                  ".crt, .cer, .pem or .der",
                                  "ours, after app. B"},
    [WORD_PAIR_PROBLEM] = {"FAILURE: Key and certificate problem: {1}", "ours, after 4.4"},
    [WORD_TRUST_PROBLEM] = {"FAILURE: trust bundle {1}: {2}", "ours"},
    [WORD_ENABLED] = {"SUCCESS: {1} enabled", "ours, after 4.6"},
    [WORD_REFUSED] = {"FAILURE: {1}", "ours"},
    [WORD_NO_SERVICE] = {"FAILURE: {1} does not exist: create it first", "ours"},
    [WORD_NO_COMMAND] = {"ERROR: {1} is no command: help lists them", "ours"},
    [WORD_HELP_HEAD] = {"Commands:", "ours"},
    [WORD_USAGE_HEAD] = {"Usage:", "guide D.3"},
    [WORD_ASKS_PASSWORD] = {"Password for {1}:", "ours app. C: prompts for a password"},
    [WORD_NOT_CONFIRMED] = {"FAILURE: not confirmed: only a capital Y is, and nothing was changed",
                            "ours, after 216549"},
};

void words_add(struct str *out, enum word word, const char *one, const char *two, const char *three)
{
    const char *values[] = {one, two, three};
    for (const char *at = wordings[word].text; *at; at++) {
        bool is_hole = at[0] == '{' && at[1] >= '1' && at[1] <= '3' && at[2] == '}';
        if (!is_hole) {
            str_add_char(out, *at);
            continue;
        }
        const char *value = values[at[1] - '1'];
        if (value)
            escape_add(out, value, strlen(value));
        at += 2;
    }
}
