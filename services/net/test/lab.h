// SPDX-License-Identifier: Apache-2.0
// Two stacks on one wire, in virtual time. lwIP has one stack per process, so the second runs in a
// forked child that the test drives step by step over a socket pair: it answers with its frames and
// never acts by itself. The wire between can lose, double, delay and cut. In place of the child a
// function can be the other end (a DHCP server, a fuzzer).
#pragma once

#include "socket.h"

#define LAB_FRAMES_MAX 512u
#define LAB_MS         ((uint64_t)1000000)

// What the child does with its sockets beside living on the wire.
enum {
    PEER_ECHO_PORT = 7,     // TCP: sends everything back, closes when the other side has
    PEER_SINK_PORT = 9,     // TCP: accepts and reads nothing until told (lab_peer_read)
    PEER_PLAIN_PORT = 5000, // UDP: answers "pong:" and the datagram
    PEER_GROUP_PORT = 5353, // the same, in 224.0.0.251 and ff02::fb
};

struct lab_frame {
    uint64_t at_ns;
    uint32_t size;
    bool to_peer;
    uint8_t bytes[NETDEV_FRAME_MAX];
};

// What the child tells after each step.
struct lab_report {
    uint64_t next_ns;
    struct net_status_rep status;
    uint64_t sink_bytes;
    uint32_t open_sockets;
    uint32_t size; // bytes of frames that follow: size and bytes each
};

struct lab {
    uint64_t now_ns;
    struct stack stack;
    struct sockets table;
    uint64_t next_ns;
    // The wire: chances in 1/1000 per frame.
    uint32_t lose, twice, late;
    bool cut;
    uint64_t seed;
    struct lab_frame frames[LAB_FRAMES_MAX]; // under way, unsorted
    uint32_t frame_count;
    void (*tap)(const void *frame, uint32_t size);       // sees what arrives here
    void (*other_end)(const void *frame, uint32_t size); // instead of the child
    // The child.
    int channel;
    int child;
    uint32_t command;
    struct lab_report report;
    uint64_t wakes;
};

extern struct lab lab;

// Starts the stack here and, unless `other_end` is set before, the child; the links come up.
void lab_start(uint64_t seed);
// Ends the child; fails the test if it did not end well.
void lab_stop(void);
// Moves time on by `duration_ns`, doing all that happens in it.
void lab_run_for(uint64_t duration_ns);
// Until `done` says true; false if that does not come within `duration_ns`.
bool lab_run_until(bool (*done)(void), uint64_t duration_ns);
// Puts a frame on the wire to this stack.
void lab_send_here(const void *frame, uint32_t size);
// Lets the child's sink read from now on.
void lab_peer_read(void);
// The peer's address of that family, `link_local` as wanted; fails the test when it has none.
struct net_address lab_peer_address(uint8_t family, uint16_t port);

// A client of the table: memory with both rings.
struct user {
    uint8_t *memory;
    struct ring read, write;
    struct socket *socket;
    status_t connected; // 1 until told
    bool ended;         // the end of the stream was read
};

void user_init(struct user *user);
void user_finish(struct user *user);
struct socket_memory user_memory(struct user *user);
// Reads one record; ERR_AGAIN, or its size; notes the end. Announces sleep when empty.
status_t user_read(struct user *user, void *bytes, uint32_t size_max);
// Pushes one record; ERR_FULL announces sleep. Kicks.
status_t user_write(struct user *user, const void *bytes, uint32_t size);

// Runs `body` in a process of its own, as each test needs a fresh lwIP; its failures count here.
void isolated(void (*body)(void));
