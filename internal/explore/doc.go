// Package explore walks every way in which runs and a cloud can meet over one
// renewal, and says in which classes of cloud it can be charged twice. It is all
// tests: the real renewal.Payment and tokens, in the smallest world around them.
// docs/money.md makes its promises from it, and tells its stories.
//
// The world is one instance that is due, one expiry, and three runs that may renew
// it: two, and a redelivery of one of them, each beginning whenever it likes. The
// cloud does at every call the worst that its class allows.
//
// # Time
//
// Time is an order of events, and nothing is measured. The protocol relies on one
// length alone: a run's wait (RENEW_VERIFY) outlasts whatever was under way when
// it began. Under way are: a generation that looks may still show although another
// was written; a call that was made under such a look; what the call is carried
// out as, and the tag that is written on its answer; and the old expiry that can
// be read after it. Each follows from the one before, and together they are over
// before the wait is. So every such thing carries the runs whose waits have begun
// meanwhile, what follows from it carries the same ones, and when one of those
// waits ends, the thing is over: it has happened, or never will. Until then it may
// happen at any moment. That leaves out no order of events that clocks could bring
// about while the sum of those parts is shorter than the wait. A class says which
// parts are not bounded at all.
//
// The ten seconds before the same token is asked with again are such a wait, too,
// but for one thing only: a payment just made, for which the cloud may refuse
// without having looked at its tokens.
//
// # What is not walked, and why nothing is lost
//
//   - To die is no event. A run to which nothing happens any more has died, and any
//     run can be left alone at any step. So an event is left out that only ends a
//     run: an answer that nothing came of, a look that shows something else.
//   - To list is an event only where a generation is seen, since a wait begins then.
//     Where none is seen, the look sees the same, or ends the run.
//   - To look and to ask are one event: what was sent may be carried out any time
//     later. To write the tag and to read it back are one as well: who reads back
//     later only waits for more. (That the same tag is read back because somebody
//     else wrote it, one's own writing being under way, is an event.)
//   - How often a run repeats itself after an answer in doubt is not counted here:
//     it may for ever. That it does not is held by the table's own test.
//   - A cloud that keeps refusals for a time is one that does not keep them: it can
//     refuse anew at any call, for any reason.
//   - Runs that are alike are told apart by the order in which they begin.
//
// A world that was seen before is not walked again, and there are finitely many:
// the walk has no bound but their number, and ends when none is left.
package explore
