// Package runner carries out a run: enter, list, plan, act, report. What is to be
// done is decided by package renewal; where and how it is done is behind the
// Cloud interface, which belongs to this package. Beside it, Check tries what a
// run would need, and changes nothing.
//
// It never reads the environment, knows no SDK, and keeps nothing of a run in a
// package variable. All goroutines of a run have ended when Run returns.
//
// # The life of a payment
//
// An item is one decision of the plan on its way to its end. One that pays is,
// at any time, in one of these states, and one goroutine at a time has it:
//
//	in line     the line has it, in the order of acting. It starts when its scope
//	            has a slot, its time has come (notBefore), and, in an account
//	            that is short of money, when it is the first of that account.
//	under way   a goroutine of its own has it, in attempt: a place in the pace, a
//	            fresh look, one money call, and what the table (renewal.Payment)
//	            makes of the answer:
//	              send again       the same token, after another look
//	              come again       back in line for the same token, ten seconds on
//	              next generation  the token is written off on the instance (raise),
//	                               and back in line for the next one, RENEW_VERIFY on
//	              verify, watch    over to the verifier
//	              stop             failed
//	watched     the verifier of its scope has it, and reads many at a time until
//	            the new expiry shows or RENEW_VERIFY is over.
//	ended       its result is written, once. Where nothing was or may be paid, its
//	            place in the caps lets the next in that was held.
//
// An item holds nobody up but in an account that is short: there nothing that
// expires later starts until it is settled, that is accepted, refused with nothing
// following, or in doubt after its repetitions.
//
// If the process dies, nothing is lost that the cloud does not know. In line:
// nothing was sent. Under way, before the call: nothing was sent; during it, or
// before its answer is read: the next run, or the redelivered event, asks with the
// same token and gets the same answer. In raise: the tag is there or it is not, and
// no new token is used before it was seen. Watched: paid or in doubt, and the new
// expiry, or the same token, tells the next run.
package runner
