#include "mmp/action.h"

void action_say(struct action *action, enum word word, const char *one, const char *two,
                const char *three)
{
    if (action->wishes->facts)
        return;
    words_add(&action->reply->text, word, one, two, three);
    str_add_char(&action->reply->text, '\n');
}
