package auth

import (
	"maps"
	"slices"
)

// LowPriority reports whether an item of this job waits in the line of low priority, for tests.
func (j Job) LowPriority() bool { return j.lowPriority() }

// Jobs returns all jobs of the table, for tests.
func Jobs() []Job { return slices.Sorted(maps.Keys(jobs)) }

// What only tests name of the inside.
var (
	JobEmailChange          = jobEmailChange
	JobEmailChanged         = jobEmailChanged
	JobLoginCode            = jobLoginCode
	JobNewDevice            = jobNewDevice
	JobPasswordChanged      = jobPasswordChanged
	JobReauthenticationCode = jobReauthenticationCode
	JobSignUp               = jobSignUp
)
