/* The trust machine of one e-mail address, between clients that do what they like, a mailer, a purge job and a clock.
 *
 * An atomic block is one SQL statement, which locks the row of the address and reads the clock after that; between two
 * blocks anything may happen. Time is a number of ticks. Every change of state is a `move` with the names of
 * libs/domain/src/trust.ts. The comment behind an assertion says which promise it stands for. What stands under the
 * name of a design is broken on purpose: README.md says how.
 */
#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef PEOPLE
#define PEOPLE CLIENTS /* fewer: some of the clients are one person, who asks for several things at once */
#endif
#ifndef REQUESTS
#define REQUESTS 3 /* of each client */
#endif
#ifndef CLAIMS
#define CLAIMS 3 /* that are ever made: ids are never used again, so something has to bound them */
#endif
#define CLAIM_TICKS 2
#define RESENDS 1
#define LIFE (CLAIM_TICKS * (1 + RESENDS)) /* of a claim, however often its letter is sent again */
#define STRIKES 3
#define NOBODY 0 /* who asks: the clock and the jobs */
#define OWNER 1  /* the client who reads the mailbox; the others guess */
#define ELSEWHERE 255 /* an account that no claim of this address opened */

mtype:states = { AVAILABLE, CLAIMED, ACTIVE, EXPIRED, LOCKED };
mtype:events = { claimed, resent, verified, struck, struck_out, timed_out, withdrawn, superseded, proven, purged, deleted };

/* The row. EXPIRED is stored as CLAIMED with a deadline that has passed; nothing but the clock makes it here. */
mtype:states state = AVAILABLE;
byte claim;   /* id of the claim, kept by an account for replays; 0: none */
byte hash;    /* whose password is stored; 0: none */
byte strikes;
byte resends;
byte left;    /* ticks until the deadline, of an account until replays end */
byte age;     /* ticks since the claim was made */
byte account; /* the claim that opened it, or ELSEWHERE; 0: none */
byte letter;  /* the claim whose code waits in the outbox; 0: none */

/* What the row does not hold. */
byte newest;  /* the last claim id that was given out */
byte judged;  /* codes that were compared for the newest claim */
byte opened;  /* the last claim that became an account */
bit mailed;   /* a letter has reached the mailbox, so its owner has an owner token */

inline move(from, event, to) {
  assert(state == from); /* the table of moves */
  /* Whoever owns the mailbox and has a live claim loses it by their own act or by time. */
  assert(state != CLAIMED || hash != OWNER || me == OWNER || event == timed_out); /* truth 7 */
#ifdef WITNESS_EVENT
  assert(state != WITNESS_STATE || event != WITNESS_EVENT); /* witnessed */
#endif
  state = to
}

/* What holds after every statement. */
inline check() {
  assert((state != AVAILABLE && state != LOCKED) || hash == 0); /* truth 6 */
  assert(letter == 0 || letter <= newest); /* failure 2 */
  assert(letter == 0 || state == CLAIMED || state == EXPIRED); /* failure 2 */
  assert(state != CLAIMED || (claim != 0 && hash != 0 && account == 0)); /* truth 1 */
  assert(state != CLAIMED || strikes < STRIKES); /* truth 8 */
  assert(state != CLAIMED || (left > 0 && age + left <= LIFE)); /* truth 3 */
  assert(state != ACTIVE || (account != 0 && hash != 0)) /* truth 10 */
}

inline forget() {
  claim = 0; strikes = 0; resends = 0; left = 0; age = 0; letter = 0;
#ifdef KEEP_HASH
  if :: state == LOCKED :: else -> hash = 0 fi
#else
  hash = 0
#endif
}

inline release_dead_claim() {
  if
  :: state == EXPIRED -> move(EXPIRED, purged, AVAILABLE); forget()
  :: state == LOCKED -> move(LOCKED, purged, AVAILABLE); forget()
  :: else
  fi
}

inline stake_claim() {
#ifdef SAME_ID
  if :: state == CLAIMED :: else -> newest++; judged = 0 fi;
#else
  newest++; judged = 0;
#endif
  claim = newest; hash = me; strikes = 0; resends = 0; left = CLAIM_TICKS; age = 0; letter = claim
}

/* POST /v1/registrations */
inline register(owner_token) {
#ifdef MAIL_FIRST
  if :: newest < CLAIMS && letter == 0 -> letter = newest + 1 :: else fi;
#endif
#ifdef TWO_TABLES
  seen = (account != 0);
#endif
  atomic {
#ifdef DEAD_CLAIM_BLOCKS
    skip;
#else
    release_dead_claim();
#endif
    if
#ifdef TWO_TABLES
    :: !seen && state != CLAIMED && newest < CLAIMS -> stake_claim(); move(AVAILABLE, claimed, CLAIMED)
#else
    :: state == AVAILABLE && newest < CLAIMS -> stake_claim(); move(AVAILABLE, claimed, CLAIMED)
#endif
#ifdef NEWEST_WINS
    :: state == CLAIMED && newest < CLAIMS -> move(CLAIMED, superseded, CLAIMED); stake_claim()
#else
    :: state == CLAIMED && owner_token && newest < CLAIMS -> move(CLAIMED, superseded, CLAIMED); stake_claim()
#endif
    :: true /* muted or over quota */
    fi;
    assert(state != EXPIRED && state != LOCKED); /* failure 8 */
    check()
  }
}

/* The first statement of whoever comes with a password: which claim is there. A slow hash follows it. */
inline find_claim() {
  found = claim
}

/* POST /v1/registrations/resend */
inline resend_code() {
  atomic {
    if
    :: claim == found && state == EXPIRED -> release_dead_claim()
#ifdef ENDLESS_RESENDS
    :: claim == found && state == CLAIMED && hash == me ->
      move(CLAIMED, resent, CLAIMED); left = CLAIM_TICKS; letter = claim
#else
    :: claim == found && state == CLAIMED && hash == me && resends < RESENDS ->
      move(CLAIMED, resent, CLAIMED); resends++; letter = claim;
      if :: LIFE - age < CLAIM_TICKS -> left = LIFE - age :: else -> left = CLAIM_TICKS fi
#endif
    :: else
    fi;
    check()
  }
}

/* DELETE /v1/registrations */
inline withdraw_claim() {
  atomic {
    if
    :: claim == found && state == EXPIRED -> release_dead_claim()
    :: claim == found && state == CLAIMED && hash == me -> move(CLAIMED, withdrawn, AVAILABLE); forget()
    :: else
    fi;
    check()
  }
}

/* Whoever has the password of a live claim hears whether a code is right. */
inline judge_code() {
  judged++;
  assert(judged <= STRIKES) /* truth 8 */
}

inline open_account() {
  assert(claim == found && hash == me); /* truth 4 */
  assert(claim > opened); /* truth 11 */
  move(CLAIMED, verified, ACTIVE);
  opened = claim; account = claim; letter = 0; strikes = 0; resends = 0; left = 1; age = 0
}

inline strike_claim() {
  if
  :: strikes < STRIKES - 1 -> move(CLAIMED, struck, CLAIMED); strikes++
  :: else -> move(CLAIMED, struck_out, LOCKED); forget()
  fi
}

/* POST /v1/registrations/activation. Whether the code is right is left open: an owner mistypes it, a stranger guesses. */
inline activate_claim() {
#ifdef LATE_COUNT
  atomic { if :: claim == found && state == CLAIMED && hash == me -> judge_code() :: else -> found = 0 fi };
#endif
#ifdef CHECK_THEN_ACT
  seen = (claim == found && state == CLAIMED && hash == me);
#endif
#ifdef EARLY_CLOCK
  seen = (state == CLAIMED);
#endif
  atomic {
    if
    :: found != 0 && claim == found && state == ACTIVE && hash == me -> assert(account == found) /* truth 11 */
#ifdef EARLY_CLOCK
    :: found != 0 && claim == found && state == EXPIRED && !seen -> release_dead_claim()
#else
    :: found != 0 && claim == found && state == EXPIRED -> release_dead_claim()
#endif
#ifdef ROW_GUARD
    :: found != 0 && state == CLAIMED ->
#else
#ifdef CHECK_THEN_ACT
    :: found != 0 && seen ->
#else
#ifdef EARLY_CLOCK
    :: found != 0 && claim == found && seen && state != ACTIVE && hash == me ->
#else
#ifdef STRANGERS_STRIKE
    :: found != 0 && claim == found && state == CLAIMED && hash != me -> strike_claim()
#endif
    :: found != 0 && claim == found && state == CLAIMED && hash == me ->
#endif
#endif
#endif
#ifndef LATE_COUNT
      judge_code();
#endif
      if
      :: true -> open_account()
      :: true -> strike_claim()
      fi
    :: else
    fi;
    check()
  }
}

/* POST /v1/me/email-change/confirm: the owner has an account with another address, and a code that was mailed to this one.
 * A revert is the same: its token was mailed too. */
inline confirm_change() {
  atomic {
    release_dead_claim();
    if
#ifdef BLIND_PROOF
    :: state != CLAIMED -> forget(); move(AVAILABLE, proven, ACTIVE); hash = me; account = ELSEWHERE
#else
    :: state == AVAILABLE -> move(AVAILABLE, proven, ACTIVE); hash = me; account = ELSEWHERE
#endif
    :: state == CLAIMED -> move(CLAIMED, proven, ACTIVE); forget(); hash = me; account = ELSEWHERE
    :: else
    fi;
    check()
  }
}

/* Erasure, by whose account it is, or its change to another address. */
inline delete_account() {
  atomic {
    if
    :: state == ACTIVE && hash == me -> move(ACTIVE, deleted, AVAILABLE); forget(); account = 0
    :: else
    fi;
    check()
  }
}

proctype client(byte me) {
  byte found, requests;
#if defined(TWO_TABLES) || defined(CHECK_THEN_ACT) || defined(EARLY_CLOCK)
  bool seen;
#endif
  do
  :: requests < REQUESTS ->
    requests++;
    if
    :: true -> register(false)
    :: me == OWNER && mailed -> register(true)
    :: true -> find_claim(); resend_code()
    :: true -> find_claim(); activate_claim()
    :: true -> find_claim(); withdraw_claim()
    :: true -> delete_account()
    :: me == OWNER -> confirm_change()
    :: true -> break /* gives up */
    fi;
    found = 0
  :: else -> break
  od
}

/* Takes a letter, and then hands it over or dies. A letter whose window has closed is dropped. */
active proctype mailer() {
  byte taken;
end:
  do
#ifdef MAIL_FIRST
  :: atomic { letter != 0 -> taken = letter; letter = 0 };
#else
  :: atomic { letter != 0 && state == CLAIMED -> taken = letter; letter = 0 };
#endif
    if
    :: true -> mailed = 1
    :: true /* lost: a resend is the cure */
    fi;
    taken = 0
  od
}

active proctype clock() {
  byte me = NOBODY;
end:
  do
  :: atomic { state == CLAIMED ->
      left--; age++;
      if :: left == 0 -> move(CLAIMED, timed_out, EXPIRED) :: else fi;
      check() }
  :: atomic { state == ACTIVE && claim != 0 -> claim = 0; left = 0; check() } /* the window of replays closes */
  od
}

#ifndef NO_PURGE
active proctype purge_job() {
  byte me = NOBODY;
end:
  do
#ifdef BLIND_PURGE
  :: state == EXPIRED || state == LOCKED ->
    atomic { if
      :: state == CLAIMED -> move(EXPIRED, purged, AVAILABLE); forget()
      :: else -> release_dead_claim()
      fi; check() }
#else
  :: atomic { state == EXPIRED || state == LOCKED -> release_dead_claim(); check() }
#endif
  od
}
#endif

init {
  byte who = CLIENTS;
  atomic {
    do
    :: who > 0 -> run client((who - 1) % PEOPLE + 1); who--
    :: else -> break
    od
  }
  /* Nobody squats for ever: when nothing more can happen, the address is free, with nothing of theirs, or an account. */
  timeout -> assert(state == ACTIVE || (state == AVAILABLE && hash == 0)) /* truth 6 */
}
