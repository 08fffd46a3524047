// SPDX-License-Identifier: Apache-2.0
// Two harts in the kernel, as a Spin model: what each hart's lock guards (sched/lock.h), what fast.S may do under its
// own hart's lock alone while the other hart does the same, and who wakes whom. Each inline is named after the C or
// assembly function that it mirrors. The kernel proper holds all locks, so what it does in one stay is one step; every
// access of fast.S is a step of its own.
//
//   C calls with and without a deadline, or waits for a signal; D calls, kills C or S or does not, and raises the
//   signals; S serves, and is bound to a signal.
//   -DHOGS: C ends, or computes on its hart; D wakes S, which ran there last, and computes, too, until S had its turn.
//   All have one priority.
//
// Checked: no two harts run a thread or write its fields at once; fast.S and the kernel never meet; and whenever nothing
// moves any more, everybody got what he waited for: no deadlock, no lost wake-up, nobody starved.
//
// Twins that must be caught: -DPLANTED_HART: fast.S does not ask where the server ran. -DPLANTED_LOOK_FIRST: signal_wait
// looks before it takes the locks. -DPLANTED_DOWNWARDS: hart 1 takes the locks in the other order. -DPLANTED_POLL: an idle
// hart takes the kick after it let the locks go and before it waits (HOGS). -DPLANTED_END: fast.S does not look whether its own
// thread was ended. -DPLANTED_SLICE, with HOGS: a slice begins only where the ready thread is queued.
#define NOBODY  3
#define C       0
#define D       1
#define S       2
#define THREADS 3

#define READY     0
#define SENDING   1
#define CALLING   2
#define RECEIVING 3
#define WAITING   4
#define ENDED     5

// struct thread
byte state[THREADS];
byte where[THREADS];     // thread.hart
byte serving[THREADS];
byte server_of[THREADS];
bool armed[THREADS];     // thread.deadline, on hart
byte armed_on[THREADS];
byte step[THREADS];      // of its program

// struct hart
bool lock[2];
byte current[2];
chan ready0 = [THREADS] of { byte };
chan ready1 = [THREADS] of { byte };
bool kick[2];            // sip, the software interrupt
bool kicked[2];
bool slice[2];
bool chore_here[2];      // PENDING_CHORE

byte endpoint_server = S;
bool endpoint_open = true; // receive_handles > 0
chan callers = [THREADS] of { byte };
bool bits;                 // a signal that C waits for
byte waiter = NOBODY;
bool bound_bits;           // a signal that S is bound to
bool chore;                // what is left of S's process to take apart

// For the checks only.
byte running[2];           // in user mode
byte writer[THREADS];      // the hart whose fast.S writes it
byte inside = 2;           // who has all locks

#define IS_RUNNING(t) (current[where[t]] == t)
#define QUEUED(h)     ((h == 0 && len(ready0) > 0) || (h == 1 && len(ready1) > 0))
#define HAS_WORK(h)   (current[h] != NOBODY || QUEUED(h))

inline lock_take(h)
{
    atomic { !lock[h] -> lock[h] = true }
}

inline kernel_lock()
{
#ifdef PLANTED_DOWNWARDS
    if
    :: me == 1 -> lock_take(1); lock_take(0)
    :: else -> lock_take(0); lock_take(1)
    fi;
#else
    lock_take(0);
    lock_take(1);
#endif
    assert(inside == 2 && writer[C] == 2 && writer[D] == 2 && writer[S] == 2);
    inside = me
}

inline kernel_unlock()
{
    inside = 2;
    lock[1] = false;
    lock[0] = false
}

inline arch_hart_kick(h)
{
    kick[h] = true
}

inline queue_append(h, t)
{
    if
    :: h == 0 -> ready0!t
    :: else -> ready1!t
    fi
}

inline schedule_unready(t)
{
    if
    :: where[t] == 0 -> ready0??eval(t)
    :: else -> ready1??eval(t)
    fi
}

// hart_choose, then the queue.
inline schedule_ready(t)
{
    state[t] = READY;
    best = where[t];
    if
    :: HAS_WORK(best) && !HAS_WORK(1 - best) -> best = 1 - best
    :: else -> skip
    fi;
    if
    :: !HAS_WORK(best) && best != me && !kicked[best] -> kicked[best] = true; arch_hart_kick(best)
#ifndef PLANTED_SLICE
    :: HAS_WORK(best) && best != me && !slice[best] && !kicked[best] -> kicked[best] = true; arch_hart_kick(best)
#endif
    :: else -> skip
    fi;
    where[t] = best;
    queue_append(best, t)
}

inline hart_run(t)
{
    where[t] = me;
    current[me] = t
}

inline schedule_stop(t)
{
    assert(current[me] == t);
    current[me] = NOBODY
}

inline schedule_hand_over(t)
{
    state[t] = READY;
    if
    :: current[me] == NOBODY -> hart_run(t)
    :: else -> schedule_ready(t)
    fi
}

inline thread_unwait(t)
{
    armed[t] = false;
    if
    :: state[t] == SENDING -> callers??eval(t)
    :: state[t] == WAITING -> waiter = NOBODY
    :: state[t] == CALLING -> serving[server_of[t]] = NOBODY; server_of[t] = NOBODY
    :: else -> skip
    fi
}

inline thread_wake(t)
{
    thread_unwait(t);
    schedule_ready(t)
}

inline thread_halt(t)
{
    if
    :: state[t] != READY -> thread_unwait(t)
    :: state[t] == READY && !IS_RUNNING(t) -> schedule_unready(t)
    :: state[t] == READY && IS_RUNNING(t) && where[t] == me -> schedule_stop(t)
    :: else -> arch_hart_kick(where[t])
    fi
}

inline thread_end(t)
{
    thread_halt(t);
    state[t] = ENDED;
    if
    :: serving[t] != NOBODY -> other = serving[t]; thread_wake(other)
    :: else -> skip
    fi;
    if
    :: t == S -> endpoint_server = NOBODY; chore = true; chore_here[me] = true
    :: else -> skip
    fi
}

// process_finish_step: not while a hart is still in there; then its handles go, the endpoint's only receiver with them.
inline chore_step()
{
    if
    :: current[1 - me] == S -> arch_hart_kick(1 - me)
    :: else ->
        chore = false;
        chore_here[0] = false;
        chore_here[1] = false;
        endpoint_open = false;
        do
        :: len(callers) > 0 -> callers?<other>; thread_wake(other)
        :: len(callers) == 0 -> break
        od
    fi
}

inline endpoint_call(t, timed)
{
    if
    :: endpoint_server == S && state[S] == RECEIVING ->
        armed[t] = timed; armed_on[t] = me;
        schedule_stop(t);
        serving[S] = t; server_of[t] = S; state[t] = CALLING;
        schedule_hand_over(S)
    :: !(endpoint_server == S && state[S] == RECEIVING) && endpoint_open ->
        armed[t] = timed; armed_on[t] = me;
        schedule_stop(t);
        state[t] = SENDING;
        callers!t
    :: else -> skip // ERR_PEER_DIED
    fi
}

inline endpoint_receive()
{
    if
    :: bound_bits -> bound_bits = false
    :: !bound_bits && len(callers) > 0 ->
        callers?other;
        serving[S] = other; server_of[other] = S; state[other] = CALLING
    :: else -> schedule_stop(S); state[S] = RECEIVING
    fi
}

inline call_reply_receive()
{
    caller = serving[S];
    if
    :: caller != NOBODY -> // reply_send
        armed[caller] = false; serving[S] = NOBODY; server_of[caller] = NOBODY; state[caller] = READY
    :: else -> skip
    fi;
    endpoint_receive();
    if
    :: caller != NOBODY -> schedule_hand_over(caller)
    :: else -> skip
    fi
}

inline signal_raise()
{
    bits = true;
    if
    :: waiter != NOBODY -> other = waiter; bits = false; thread_wake(other)
    :: else -> skip
    fi;
    bound_bits = true;
    if
    :: endpoint_server == S && state[S] == RECEIVING -> bound_bits = false; thread_wake(S)
    :: else -> skip
    fi
}

inline signal_wait_queue(t)
{
    schedule_stop(t);
    state[t] = WAITING;
    waiter = t
}

inline signal_wait(t)
{
    if
    :: bits -> bits = false
    :: else -> signal_wait_queue(t)
    fi
}

inline timer()
{
    other = 0;
    do
    :: other < THREADS && armed[other] && armed_on[other] == me -> thread_wake(other); break
    :: other < THREADS && !(armed[other] && armed_on[other] == me) -> other++
    :: other == THREADS -> break
    od
}

// sip is read and cleared, then what was due is done.
inline arch_poll_interrupts()
{
    if
    :: kick[me] -> kick[me] = false; kicked[me] = false
    :: else -> skip
    fi;
    timer()
}

inline schedule_yield()
{
    if
    :: current[me] != NOBODY && QUEUED(me) -> other = current[me]; schedule_stop(other); schedule_ready(other)
    :: else -> skip
    fi
}

inline take_most_urgent()
{
    if
    :: me == 0 && len(ready0) > 0 -> ready0?other; hart_run(other)
    :: me == 1 && len(ready1) > 0 -> ready1?other; hart_run(other)
    :: me == 0 && len(ready0) == 0 && len(ready1) > 0 -> ready1?other; hart_run(other)
    :: me == 1 && len(ready1) == 0 && len(ready0) > 0 -> ready0?other; hart_run(other)
    :: else -> skip
    fi
}

#define DUE(t) (armed[t] && armed_on[t] == me)
#define INTERRUPTED (kick[me] || slice[me] || DUE(C) || DUE(D) || DUE(S))

inline interrupt()
{
    arch_poll_interrupts();
    if
    :: slice[me] -> slice[me] = false; schedule_yield()
    :: else -> skip
    fi
}

// What a thread asks for when it enters the kernel.
#define INTERRUPT     0
#define CALL          1
#define CALL_DEADLINE 2
#define REPLY_RECEIVE 3
#define RAISE         4
#define WAIT          5
#define END           6 // of `victim`, maybe itself
#define TOOK          7 // looked and found: only the twin
#define QUEUE         8 // looked and found nothing: only the twin

inline system_call()
{
    step[mine]++;
    if
    :: asks == CALL -> endpoint_call(mine, false)
    :: asks == CALL_DEADLINE -> endpoint_call(mine, true)
    :: asks == REPLY_RECEIVE -> call_reply_receive()
    :: asks == RAISE -> signal_raise()
    :: asks == WAIT -> signal_wait(mine)
    :: asks == END && state[victim] != ENDED -> thread_end(victim)
    :: asks == TOOK -> bits = false
    :: asks == QUEUE -> signal_wait_queue(mine)
    :: else -> skip
    fi
}

proctype hart(byte me)
{
    byte mine, other, best, caller, s, asks, victim;
    goto resume;

user:
    if
    :: INTERRUPTED -> asks = INTERRUPT
#ifdef HOGS
    :: mine == C && step[C] == 0 -> asks = END; victim = C
    :: mine == C && step[C] == 0 -> step[C] = 1; goto user // computes until S is through
    :: mine == C && step[C] == 1 && state[S] == ENDED -> asks = END; victim = C
    :: mine == D && step[D] == 0 -> asks = RAISE
    :: mine == D && step[D] == 1 && state[S] == ENDED -> asks = END; victim = D
    :: mine == S -> asks = END; victim = S
#else
    :: mine == C && step[C] == 0 -> asks = WAIT
    :: mine == C && step[C] < 2 -> asks = CALL
    :: mine == C && step[C] < 2 -> asks = CALL_DEADLINE
    :: mine == C && step[C] == 2 -> asks = END; victim = C
    :: mine == D && step[D] == 0 -> asks = CALL
    :: mine == D && step[D] == 0 -> step[D] = 1; goto user
    :: mine == D && step[D] == 1 -> step[D] = 2; goto user
    :: mine == D && step[D] == 1 -> asks = END; victim = C
    :: mine == D && step[D] == 1 -> asks = END; victim = S
    :: mine == D && step[D] == 2 -> asks = RAISE
    :: mine == D && step[D] == 3 -> asks = END; victim = D
    :: mine == S -> asks = REPLY_RECEIVE
#endif
    fi;
    running[me] = NOBODY;
    if
    :: asks == CALL -> goto fast_call
    :: asks == REPLY_RECEIVE -> goto fast_reply_receive
#ifdef PLANTED_LOOK_FIRST
    :: asks == WAIT && bits -> asks = TOOK
    :: asks == WAIT && !bits -> asks = QUEUE
#endif
    :: else -> skip
    fi;

trap: // trap_syscall, trap_other
    s = 0;
    kernel_lock();
    atomic {
        if
        :: state[mine] == ENDED -> schedule_stop(mine) // fault_stopped
        :: state[mine] != ENDED && asks == INTERRUPT -> interrupt()
        :: else -> system_call()
        fi
    };
    goto leave;

fast_call:
    if
    :: atomic { !lock[me] -> lock[me] = true }
    :: lock[me] -> goto trap
    fi;
    s = endpoint_server;
    if
    :: s == NOBODY -> goto give_up
    :: else -> skip
    fi;
    if
    :: state[s] != RECEIVING || armed[s] -> goto give_up
    :: else -> skip
    fi;
#ifndef PLANTED_END
    if
    :: state[mine] != READY -> goto give_up
    :: else -> skip
    fi;
#endif
    if
    :: QUEUED(me) || chore_here[me] -> goto give_up
    :: else -> skip
    fi;
#ifndef PLANTED_HART
    if
    :: where[s] != me -> goto give_up
    :: else -> skip
    fi;
#endif
    // Nothing is changed before, nothing fails after this.
    atomic {
        assert(writer[s] == 2 && writer[mine] == 2 && inside == 2);
        assert(state[s] == RECEIVING && state[mine] == READY);
        writer[s] = me; writer[mine] = me
    };
    step[mine]++;
    serving[s] = mine;
    server_of[mine] = s;
    state[mine] = CALLING;
    state[s] = READY;
    current[me] = s;
    atomic { writer[s] = 2; writer[mine] = 2; s = 0 };
    lock[me] = false;
    goto resume;

fast_reply_receive:
    if
    :: atomic { !lock[me] -> lock[me] = true }
    :: lock[me] -> goto trap
    fi;
    s = serving[S];
    if
    :: s == NOBODY || endpoint_server != S || len(callers) > 0 || bound_bits -> goto give_up
    :: else -> skip
    fi;
#ifndef PLANTED_END
    if
    :: state[S] != READY -> goto give_up
    :: else -> skip
    fi;
#endif
    if
    :: armed[s] || QUEUED(me) || chore_here[me] -> goto give_up
    :: else -> skip
    fi;
#ifndef PLANTED_HART
    if
    :: where[s] != me -> goto give_up
    :: else -> skip
    fi;
#endif
    atomic {
        assert(writer[s] == 2 && writer[S] == 2 && inside == 2);
        assert(state[s] == CALLING && state[S] == READY);
        writer[s] = me; writer[S] = me
    };
    serving[S] = NOBODY;
    state[S] = RECEIVING;
    server_of[s] = NOBODY;
    state[s] = READY;
    current[me] = s;
    atomic { writer[s] = 2; writer[S] = 2; s = 0 };
    lock[me] = false;
    goto resume;

give_up:
    lock[me] = false;
    goto trap;

leave: // schedule_leave, with all locks
    atomic {
        if
        :: chore && chore_here[me] -> chore_step()
        :: else -> skip
        fi
    };
choose:
    atomic {
        if
        :: current[me] == NOBODY -> slice[me] = false; take_most_urgent()
        :: else -> skip
        fi
    };
    if
    :: current[me] == NOBODY && chore ->
        atomic { chore_step() };
        kernel_unlock(); // kernel_lock_relax
        kernel_lock();
        goto choose
    :: current[me] == NOBODY && !chore -> // hart_idle
        kernel_unlock();
#ifdef PLANTED_POLL
        atomic { kick[me] = false; kicked[me] = false };
#endif
end_idle:
        (kick[me] || DUE(C) || DUE(D) || DUE(S)); // arch_wait
        kernel_lock();
        atomic { arch_poll_interrupts() };
        goto choose
    :: else -> skip
    fi;
    atomic {
        if
        :: QUEUED(me) && !slice[me] -> slice[me] = true // slice_begin
        :: else -> skip
        fi
    };
    kernel_unlock();

resume:
    atomic {
        mine = current[me];
        assert(mine != NOBODY && running[1 - me] != mine);
        running[me] = mine;
        other = 0; best = 0; caller = 0; asks = 0; victim = 0
    };
    goto user
}

// When nothing moves any more.
proctype quiet()
{
    timeout ->
    assert(state[C] == ENDED && state[D] == ENDED);
    assert(state[S] == RECEIVING || state[S] == ENDED);
    assert(running[0] == NOBODY && running[1] == NOBODY)
}

init
{
    atomic {
        byte i = 0;
        do
        :: i < THREADS -> serving[i] = NOBODY; server_of[i] = NOBODY; writer[i] = 2; i++
        :: i == THREADS -> break
        od;
        current[0] = C; where[C] = 0;
        current[1] = D; where[D] = 1;
        running[0] = NOBODY; running[1] = NOBODY;
#ifdef HOGS
        state[S] = WAITING; waiter = S;
#else
        state[S] = RECEIVING;
        if
        :: where[S] = 0
        :: where[S] = 1
        fi;
#endif
        run hart(0);
        run hart(1);
        run quiet()
    }
}
