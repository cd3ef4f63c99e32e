#include "model/days.h"

#define DAYS_SERVED 365
#define DAYS_LONG 3650 /* a CA must outlive what it signs */

/* Does it stand beside a root slot: the certificates of something that trusts that root alone? */
static bool has_own_root(const struct deployment *deployment, const struct identity *identity)
{
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        for (size_t j = 0; j < server->service_count; j++) {
            const struct service *service = &server->services[j];
            const struct component *component = service->component;
            if (!component_slot(component, "root"))
                continue;
            for (size_t k = 0; k < component->slot_count; k++)
                if (service_identity(deployment, service, &component->slots[k]) == identity)
                    return true;
        }
    }
    return false;
}

int days_signed(const struct deployment *deployment, const struct identity *identity)
{
    return identity && has_own_root(deployment, identity) ? DAYS_LONG : DAYS_SERVED;
}

int days_selfsigned(const struct identity *identity)
{
    return identity && identity->signs ? DAYS_LONG : DAYS_SERVED;
}
