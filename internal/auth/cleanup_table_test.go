package auth

import "testing"

func TestCleanupTasks(t *testing.T) {
	kinds := map[int]ExpiredKind{}
	for kind, task := range cleanupTasks {
		if kind == "" {
			t.Error("got a kind without words for operators")
		}
		if other, taken := kinds[task.order]; taken || task.order <= 0 {
			t.Errorf("%s: got the order %d, which %q has, want one of its own above 0", kind, task.order, other)
		}
		kinds[task.order] = kind
		if task.kept < 0 || task.remove != nil && task.kept != 0 {
			t.Errorf("%s: got rows that are kept for %s, want 0 or more, and 0 with a function of its own", kind, task.kept)
		}
	}
}
