#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

/* Texts that many have, each of them kept once, until all of them go: names of servers and files,
 * words of rules. Two that are equal are the same pointer. */
struct texts;
struct texts *texts_new(void);
void texts_free(struct texts *texts); /* NULL is none */
/* The one that is kept of it. */
const char *texts_keep(struct texts *texts, const char *text);

#endif
