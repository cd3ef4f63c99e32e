#ifndef MODEL_JUDGE_H
#define MODEL_JUDGE_H

#include "model/deployment.h"

/* Private to model/: what makes a deployment.conf unusable as a whole, told with its line. What is
 * merely wrong in a certificate is a rule's finding, so that a half-done deployment can be saved.
 */
must_check bool deployment_judge(const struct deployment *deployment, struct error *err);

/* true, yes, on */
bool word_is_true(const char *word);
bool word_is_false(const char *word);
/* The words for "did you mean": every identity, server or kind. Free the items array alone. */
bool is_port(const char *text);

#endif
