#ifndef MODEL_JUDGE_H
#define MODEL_JUDGE_H

#include "model/conftext.h"
#include "model/deployment.h"

/* Private to model/: what makes a deployment.conf unusable as a whole, told with its line. What is
 * merely wrong in a certificate is a rule's finding, so that a half-done deployment can be saved.
 */
must_check bool deployment_judge(const struct deployment *deployment, struct error *err);

struct judging {
    const struct deployment *deployment;
    struct error *err;
};
/* "deployment.conf:12", the line of the item that path leads to; where it isn't written, of its
 * nearest section. Free it. */
char *judge_place(const struct deployment *deployment, const struct conf_step *path, size_t depth);
/* An error there. Returns false. */
bool wrong(const struct judging *j, const struct conf_step *path, size_t depth, const char *remedy,
           const char *format, ...) printf_like(5, 6);
/* A remedy: "did you mean", else what is known. Free it. */
char *suggestion(const char *word, const struct strings *known);
/* The words for "did you mean": every identity. */
void identity_names(const struct deployment *deployment, struct strings *out);
must_check bool judge_identity(const struct judging *j, const struct identity *identity);
/* No file has two purposes. */
must_check bool judge_file_names(const struct judging *j);
/* A file name that could stand in a command and in the store. */
bool is_file_name(const char *name);

/* true, yes, on */
bool word_is_true(const char *word);
bool word_is_false(const char *word);
bool is_port(const char *text);

#endif
