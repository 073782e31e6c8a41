package runner

import (
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Job is what a run is asked to do.
type Job struct {
	Policy      renewal.Policy
	Accounts    []string // Self, ARNs of roles, and Organization with the name of a role
	Exclude     []string // ids of accounts that are left alone
	Expect      []string // ids of the accounts that may be touched; nil = any
	Only        []string // ids of the accounts that the event names; nil = all of Accounts
	FromCloud   bool     // what the event names happened in the cloud: it may be gone, or nothing of ours
	Account     string   // id of Self, as the invocation says; "" = it does not
	Doubtful    bool     // Self may be another account than Account says
	Loopback    bool     // the cloud is on this machine: an emulator, which may have no STS
	Regions     []string // of every account
	AllRegions  bool     // all regions of the account; Regions then narrow them, nil = not
	Reserve     time.Duration
	Verify      time.Duration
	Concurrency int
	Warnings    []lang.Text // about the settings
	Trigger     string
	RequestID   string
	Version     string // of the build, for the report
}

// KnownAccounts gives the ids of the configured accounts, as far as the settings and
// the invocation tell them; all says that there are no others.
func (j Job) KnownAccounts() (ids []string, all bool) {
	all = true
	for _, name := range j.Accounts {
		id := accountOf(name, j.Account)
		if id == "" || name == renewal.Self && j.Doubtful || strings.HasPrefix(name, renewal.Organization) {
			all = false
			continue
		}
		ids = append(ids, id)
	}
	return ids, all
}

// leavesOut says whether an account is excluded, or none of those that the event
// names.
func (j Job) leavesOut(id string) bool {
	return j.Only != nil && !slices.Contains(j.Only, id) || slices.Contains(j.Exclude, id)
}

func (j Job) acts() bool { return j.Policy.Acts() }
