// SPDX-License-Identifier: Apache-2.0
// The wake-up protocol of lib/ring as a Spin model: one producer, one consumer, a ring of CAPACITY unit records, and a
// signal bit for each side that stays raised until it is waited for. Each shared access is one step, as the sequentially
// consistent accesses of src/ring.c are. Checked: no deadlock before all records arrived (a lost wake-up is one).
//
// -DPLANTED_LOOK_FIRST: a side looks before it announces its sleep. -DPLANTED_WAKE_FIRST: a side asks whether to wake
// before it publishes its position. Both lose a wake-up, and the checker must find it.
#define CAPACITY 2
#define RECORDS  5

byte head = 0;
byte tail = 0;
bool consumer_sleeping = false;
bool producer_sleeping = false;
bool records = false; // the consumer's signal
bool space = false;   // the producer's signal

inline wake(flag, signal)
{
    if
    :: flag -> flag = false; signal = true
    :: else -> skip
    fi
}

active proctype producer()
{
    byte seen;
    byte sent = 0;
    do
    :: sent == RECORDS -> break
    :: sent < RECORDS ->
        seen = tail;
        if
        :: head - seen < CAPACITY ->
#ifdef PLANTED_WAKE_FIRST
            wake(consumer_sleeping, records);
            head++;
#else
            head++;
            wake(consumer_sleeping, records);
#endif
            sent++
        :: else ->
#ifdef PLANTED_LOOK_FIRST
            seen = tail;
            if
            :: head - seen < CAPACITY -> skip
            :: else -> producer_sleeping = true; space -> space = false
            fi
#else
            producer_sleeping = true;
            seen = tail;
            if
            :: head - seen < CAPACITY -> producer_sleeping = false
            :: else -> space -> space = false
            fi
#endif
        fi
    od
}

active proctype consumer()
{
    byte seen;
    byte received = 0;
    do
    :: received == RECORDS -> break
    :: received < RECORDS ->
        seen = head;
        if
        :: seen - tail > 0 ->
            assert(seen - tail <= CAPACITY);
#ifdef PLANTED_WAKE_FIRST
            wake(producer_sleeping, space);
            tail++;
#else
            tail++;
            wake(producer_sleeping, space);
#endif
            received++
        :: else ->
#ifdef PLANTED_LOOK_FIRST
            seen = head;
            if
            :: seen - tail > 0 -> skip
            :: else -> consumer_sleeping = true; records -> records = false
            fi
#else
            consumer_sleeping = true;
            seen = head;
            if
            :: seen - tail > 0 -> consumer_sleeping = false
            :: else -> records -> records = false
            fi
#endif
        fi
    od
}
