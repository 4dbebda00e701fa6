package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// priority says whether strangers can enqueue a job as often as they like.
type priority bool

const (
	lowPriority    priority = true
	normalPriority priority = false
)

// wantJobs are the jobs as the outbox has them in its rows: a release beside this one reads them. wantJob fills it.
var wantJobs = map[auth.Job]priority{}

// wantJob adds the text of a job to wantJobs and returns it. The test of the feature that enqueues the job calls it.
func wantJob(job auth.Job, low priority) auth.Job {
	wantJobs[job] = low
	return job
}

func TestTheOutboxKeepsItsJobs(t *testing.T) {
	t.Parallel()
	got := map[auth.Job]priority{}
	for _, job := range auth.Jobs() {
		got[job] = priority(job.LowPriority())
	}
	if diff := cmp.Diff(wantJobs, got); diff != "" {
		t.Errorf("the jobs and which have low priority (-want +got):\n%s", diff)
	}
}
