#include "base/stream.h"

enum { PIECE_BYTES = 64 << 10 };

static void hand_on(struct stream *stream)
{
    const struct str *text = &stream->text;
    if (!stream->failed && text->length)
        stream->failed = !stream->take(stream->context, str_text(text), text->length, &stream->why);
    str_clear(&stream->text);
}

void stream_pass(struct stream *stream)
{
    if (stream->text.length >= PIECE_BYTES)
        hand_on(stream);
}

bool stream_end(struct stream *stream, struct error *err)
{
    hand_on(stream);
    str_free(&stream->text);
    if (stream->failed && err)
        *err = stream->why;
    return !stream->failed;
}
