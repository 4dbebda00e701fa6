package auth

import (
	"context"

	"github.com/google/uuid"
)

// Job is what a row of the outbox asks for. It names no template: which letter comes of it, if any
// does, is decided when it is sent, by who has the address then. The file of the feature that
// enqueues a job declares it with newJob. Releases side by side share the outbox, so a job keeps its text.
type Job string

// jobSpec is what the outbox knows of a job.
type jobSpec struct {
	// compose returns the letter of an item, or ErrNotFound if no one is to get one.
	compose func(s *Service, ctx context.Context, item *OutboxItem) (*Letter, error)
	// lowPriority jobs are those that strangers can enqueue for an address as often as they like. No mail
	// that its owner waits for may stand behind them.
	lowPriority bool
	// origin says who can have it enqueued.
	origin origin
}

// origin says who can have a job enqueued, and so whether its emails use the budget of their recipient.
type origin int

const (
	// fromAnyone: who need not read the email of the address nor have signed in to the account. Its emails use
	// the budget.
	fromAnyone origin = iota + 1
	// fromUser: whoever acts in the account or on it, such as its user, or an operator. Its emails always leave.
	fromUser
	// fromInviter: who may write to strangers, so often as they may is counted when they ask. Its emails always leave,
	// whatever anyone else had sent to the address.
	fromInviter
)

// usesBudget reports whether an item was enqueued at the word of someone who need not be the recipient. An item
// of a job fromAnyone that names the user is the consequence of something that only the user can do.
func (i *OutboxItem) usesBudget() bool {
	return jobs[i.Job].origin == fromAnyone && i.UserID == uuid.Nil
}

// hidesRecipient reports whether an item is the same work if nobody gets a letter, so that whoever had it enqueued
// learns nothing of the address.
func (i *OutboxItem) hidesRecipient() bool {
	return i.usesBudget() || jobs[i.Job].origin == fromInviter
}

// jobs are all jobs. newJob fills it.
var jobs = map[Job]jobSpec{}

// newJob adds a job to the table and returns it.
func newJob(job Job, spec jobSpec) Job {
	jobs[job] = spec
	return job
}

// lowPriority reports whether an item of this job waits in the line of low priority.
func (j Job) lowPriority() bool { return jobs[j].lowPriority }

// notice is the job of telling a user what happened to the account.
func notice(kind LetterKind) jobSpec {
	return jobSpec{origin: fromUser, compose: func(s *Service, ctx context.Context, item *OutboxItem) (*Letter, error) {
		return s.composeNotice(ctx, item, kind)
	}}
}
