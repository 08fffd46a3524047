// SPDX-License-Identifier: Apache-2.0
// The mesh of one device, without sockets and without IPC: links to other devices, who is a member,
// pairing, discovery, and the streams that carry circle records and documents. Its owner moves
// bytes and tells the time through `struct node_ops`; tests join several nodes over a network in
// memory.
//
// Links. One per member, kept up: the device with the lower id dials first, the other a second
// later; of two links to one peer the one dialed by the lower id stays. A link that is silent
// for 2.5 s is dead. Strangers may link (few, briefly), be pinged and identified, and, while the
// person has the list of devices open, pair.
#pragma once

#include "peers.h"

#include "mesh/circle.h"
#include "mesh/connection.h"
#include "mesh/identify.h"
#include "mesh/mdns.h"
#include "mesh/pairing.h"

#define NODE_CIRCLE_PROTOCOL "/nx/circle/0.1.0"
#define NODE_SYNC_PROTOCOL   "/nx/ysync/0.1.0"

#define NODE_KEEP_ALIVE_NS   UINT64_C(800000000)
#define NODE_SILENCE_NS      UINT64_C(2500000000)
#define NODE_GRACE_NS        UINT64_C(1000000000)   // the higher id lets the lower one dial first
#define NODE_REOPEN_NS       UINT64_C(1000000000)   // a stream that should be open is tried again
#define NODE_STRANGER_NS     UINT64_C(30000000000)  // a stranger that is not pairing must go
#define NODE_SEEK_NS         UINT64_C(1000000000)   // between queries while somebody is missed
#define NODE_SEEK_LONG_NS    UINT64_C(300000000000) // after this long less often:
#define NODE_SEEK_SLOW_NS    UINT64_C(10000000000)
#define NODE_REST_NS         UINT64_C(120000000000) // between queries when nobody is missed
#define NODE_ANSWER_NS       UINT64_C(250000000)    // between answers

enum {
    NODE_LINKS_MAX = 12,
    NODE_STRANGERS_MAX = 4, // of those
    NODE_PROTOCOLS = 6,
    NODE_CHUNK_BYTES = 4096, // of a document stream moved at once
    NODE_PORT = 4001,
};

// The outside world. `link` numbers are 0 to NODE_LINKS_MAX - 1.
struct node_ops {
    // Connects, at most a moment; OK: bytes may be sent. Else ERR_UNREACHABLE, ERR_TIMEOUT, …
    status_t (*dial)(void *context, uint32_t link, const struct multiaddr_tcp *to);
    // Queues bytes and returns how many; node_can_send follows when there is room again.
    size_t (*send)(void *context, uint32_t link, struct span bytes);
    // Sends what is queued, closes; no more is heard of this link.
    void (*hang_up)(void *context, uint32_t link);
    // A packet to everybody on the network.
    void (*announce)(void *context, struct span packet);
    // The documents' end of a member's stream. push and pull move what fits; node_sync_ready
    // follows when more does.
    status_t (*sync_open)(void *context, uint32_t link, const struct peer_id *peer);
    size_t (*sync_push)(void *context, uint32_t link, struct span bytes);
    size_t (*sync_pull)(void *context, uint32_t link, uint8_t *bytes, size_t capacity);
    void (*sync_close)(void *context, uint32_t link);
    // Keeps a circle record at this place (0 to CIRCLE_RECORDS_MAX - 1), durably if it can.
    void (*save)(void *context, uint32_t place, struct span value);
    // Devices or pairing changed: somebody may want to look.
    void (*changed)(void *context);
    uint64_t (*unix_ms)(void *context); // 0: unknown
};

struct node_link {
    struct node *node;
    uint32_t number;
    struct connection *connection; // NULL: free
    bool is_dialer, is_connected, is_ended;
    uint64_t since_ns;     // dialed or accepted, then connected
    uint64_t reopen_ns;    // when missing streams are tried again
    struct peer_id target; // whom we dialed
    struct protocol protocols[NODE_PROTOCOLS];
    struct identify identify;
    struct stream *circle, *sync, *pair;
    uint64_t circle_told; // generation up to which the peer was told
    struct buffer circle_in, circle_out;
    struct buffer sync_in, sync_out; // not yet taken by the documents, by the stream
};

// The one attempt at pairing, or the last.
struct node_pairing {
    struct pairing_guard guard;
    struct pairing state;
    struct node_link *link; // NULL: dialing, or over
    struct peer_id target;
    bool is_running, has_started, is_done;
    status_t reason;      // why the last one failed; OK: none did
    uint64_t deadline_ns; // until the stream is open
};

struct node_options {
    const struct node_ops *ops;
    void *context;
    const struct mesh_random *random;
    const struct mesh_signer *signer;
    const char *name; // default, until the person names it
    const char *form;
};

// Large (about 200 KiB): static or allocated. Fields are for reading.
struct node {
    struct node_options options;
    struct noise_identity identity;
    struct identify_info info;
    struct peer_id id;
    uint64_t now_ns;
    struct circle circle;
    uint64_t saved; // generation up to which the circle is kept
    bool must_resave;
    struct peers peers;
    struct node_link links[NODE_LINKS_MAX];
    struct node_pairing pairing;
    struct mdns_announcement announcement;
    uint32_t answer_wants;
    uint64_t query_at_ns, answered_ns, seeking_since_ns;
    bool is_watched, has_changed;
};

// Starts: makes the link key. The signer's refusal, ERR_INVALID a name that is too long. Options
// are borrowed.
status_t node_init(struct node *node, const struct node_options *options, uint64_t now_ns);
// Ends all links and frees what they hold.
void node_finish(struct node *node);
// A circle record kept earlier, before anything else.
void node_restore(struct node *node, struct span value);
// Our addresses on the network (ports are filled in); none: no network.
void node_set_addresses(struct node *node, const struct multiaddr_tcp *addresses, size_t count);

// What happens outside. All take the time and run what follows from it.
// A connection came in; returns its link number, or ERR_FULL: refuse it.
status_t node_accept(struct node *node, uint64_t now_ns);
void node_received(struct node *node, uint32_t link, struct span bytes, uint64_t now_ns);
void node_can_send(struct node *node, uint32_t link, uint64_t now_ns);
void node_ended(struct node *node, uint32_t link, uint64_t now_ns);
void node_heard(struct node *node, struct span packet, uint64_t now_ns);
void node_sync_ready(struct node *node, uint32_t link, uint64_t now_ns);
// The documents ended their end of this link's stream: it is opened again later.
void node_sync_ended(struct node *node, uint32_t link, uint64_t now_ns);
// The documents were restarted: their streams start anew.
void node_sync_restarted(struct node *node, uint64_t now_ns);
void node_tick(struct node *node, uint64_t now_ns);
// When node_tick has something to do next.
uint64_t node_deadline_ns(const struct node *node);
// True while bytes of this link should not be read.
bool node_is_choked(const struct node *node, uint32_t link);

// What the person does.
// Looks at the list of devices: others may start pairing, and the network is asked often.
void node_watch(struct node *node, bool is_watched, uint64_t now_ns);
// ERR_BAD_STATE, ERR_NOT_FOUND not nearby, ERR_EXISTS a member with a link.
status_t node_pair(struct node *node, const struct peer_id *id, uint64_t now_ns);
status_t node_confirm(struct node *node, bool same, uint64_t now_ns);
status_t node_rename(struct node *node, const struct peer_id *id, const char *name,
                     uint64_t now_ns);
status_t node_remove(struct node *node, const struct peer_id *id, uint64_t now_ns);

// This device's name as all see it.
void node_own_name(const struct node *node, char out_name[CIRCLE_NAME_MAX]);
// The connected link to a peer, or NULL.
const struct node_link *node_link_of(const struct node *node, const struct peer_id *id);
