/* floor_list FOLDER: every file by the library's readers, on one thread. */
#include "floor.h"

#include <dirent.h>

int main(int argc, char **argv)
{
    need(argc == 2 && chdir(argv[1]) == 0, "FOLDER");
    start();
    struct dirent **entries;
    int count = scandir(".", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        BIO *bio = *name == '.' ? NULL : BIO_new_file(name, "r");
        X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        if (cert)
            puts(name);
        X509_free(cert);
        BIO_free(bio);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
