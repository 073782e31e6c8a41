// Package cloud is an emulated Alibaba Cloud: the RPC APIs that a renewal tool
// uses (ECS, STS, the billing API and those of further products; docs/emulator.md
// lists them), served over HTTP and HTTPS to real clients of every age. It is for
// tests and for trying things out on a laptop.
//
// It keeps a [Cloud.Ledger] of what was bought, because a test of a program
// that spends money must judge by the money spent and not by the calls made.
// It checks signatures, parameters, permissions and idempotence tokens as the
// cloud does, and it misbehaves on request: a [Fault] loses answers, resets
// connections and throttles, always the same way for the same script.
//
// Where the documentation leaves open what the cloud does, [Options] has a
// switch, so that a client can be tested against both.
//
// Two clocks are at work. The domain clock ([Options.Now], [Cloud.SetClock],
// [Cloud.Advance]) decides what has expired, what is released and what the
// ledger says about time. The wall clock decides everything a client measures
// with its own clock: the age of signatures and session tokens, and delays.
//
// It never calls out, never listens beyond loopback, never uses randomness in
// what it answers, and never accepts a parameter that it would not honour: a
// filter it does not model is refused, so that a test cannot pass by accident.
package cloud
