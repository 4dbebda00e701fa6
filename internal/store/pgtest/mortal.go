package pgtest

import "testing"

// Mortal is a server of a test's own, which the test may kill.
type Mortal struct {
	t      testing.TB
	server *server
}

// NewMortal starts a server that is gone when the test ends, from the programs on this machine, whatever
// TEST_DATABASE_URL says. What it has committed survives its crashes. Without the programs it does what
// URL does without a server.
func NewMortal(t testing.TB) *Mortal {
	t.Helper()
	server, err := start(memory(), "-c synchronous_commit=on")
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Errorf("stop PostgreSQL: %v", err)
		}
	})
	return &Mortal{t: t, server: server}
}

// URL returns the URL of its one database, which is empty in the beginning.
func (m *Mortal) URL() string { return m.server.url().String() }

// Kill ends the server at once, as a crash would, with everybody's connections.
func (m *Mortal) Kill() { m.tell("kill") }

// Start starts it again, and returns when it takes connections.
func (m *Mortal) Start() { m.tell("start") }

func (m *Mortal) tell(command string) {
	m.t.Helper()
	if err := m.server.tell(command); err != nil {
		m.t.Fatalf("%s PostgreSQL: %v", command, err)
	}
}
