package app

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestGarbageHasRoomUnlessTheOperatorDecides(t *testing.T) {
	for _, variable := range []string{"GOGC", "GOMEMLIMIT"} {
		room := roomForGarbage(func(name string) string {
			if name == variable {
				return "100"
			}
			return ""
		})
		if room != nil {
			t.Errorf("there are %d bytes of room although %s is set", len(room), variable)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	room := roomForGarbage(func(string) string { return "" })
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if stats.NextGC < 2*garbageRoom {
		t.Errorf("the collector runs at %d bytes, want at least %d", stats.NextGC, 2*garbageRoom)
	}
	runtime.KeepAlive(room)
}
