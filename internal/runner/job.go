package runner

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Self names the account of the run's own credentials.
const Self = "self"

// A Job is what a run is asked to do.
type Job struct {
	Policy      renewal.Policy
	Accounts    []string // Self, or ARNs of roles
	Expect      []string // ids of the accounts that may be touched; nil = any
	Account     string   // id of Self, as the invocation says; "" = it does not
	Doubtful    bool     // Self may be another account than Account says
	Loopback    bool     // the cloud is on this machine: an emulator, which may have no STS
	Regions     []string // of every account
	AllRegions  bool     // all regions of the account; Regions then narrow them, nil = not
	Reserve     time.Duration
	Verify      time.Duration
	Concurrency int
	Trigger     string
	RequestID   string
}

func (j Job) acts() bool { return j.Policy.Acts() }
