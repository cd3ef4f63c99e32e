#include "mmp/failure.h"

#include "pki/text.h"
#include "pki/words.h"

void failure_add(const struct chain *chain, struct str *out)
{
    const struct cert *failed = chain_failed(chain);
    struct str issuer = {0}, depth = {0};
    str_addf(&depth, "%d", chain->depth);
    text_oneline(failed, true, &issuer);
    words_add(out, WORD_NOT_VERIFIED, str_text(&depth), str_text(&issuer), chain->reason);
    str_add_char(out, '\n');
    text_cert(failed, out);
    str_free(&issuer);
    str_free(&depth);
}
