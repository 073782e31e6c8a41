// Package runner carries out a run: list, decide, price, look again, act, verify,
// report. What is to be done is decided by package renewal; where and how it is
// done is behind the Cloud interface, which belongs to this package. Beside it,
// Check tries what a run would need, and changes nothing.
//
// It never reads the environment, knows no SDK, and keeps nothing of a run in a
// package variable. All goroutines of a run have ended when Run returns.
package runner
