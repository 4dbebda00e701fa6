package auth

import "context"

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
	return jobSpec{compose: func(s *Service, ctx context.Context, item *OutboxItem) (*Letter, error) {
		return s.composeNotice(ctx, item, kind)
	}}
}
