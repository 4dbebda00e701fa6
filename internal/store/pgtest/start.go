package pgtest

import "errors"

// Server is a throwaway PostgreSQL that is no test's.
type Server struct{ server *server }

// Start starts a server from the programs on this machine. The settings are arguments of the program
// postgres, such as "-c fsync=on", and win over those that tests have, which care for nothing but
// speed. Its files are where TMPDIR says, on a disk or not. It stops when Stop is called or when this process is gone.
func Start(settings ...string) (*Server, error) {
	s, err := start("", settings...)
	if err != nil {
		return nil, err
	}
	return &Server{s}, nil
}

// CreateDatabase returns the URL of a new, empty database, as a superuser has it.
func (s *Server) CreateDatabase() (string, error) {
	name, err := newDatabase(s.server.url())
	if err != nil {
		return "", err
	}
	return in(s.server.url(), name).String(), nil
}

// Stop ends the server and waits until nothing is left of it.
func (s *Server) Stop() error { return errors.Join(disconnect(s.server.url()), s.server.stop()) }
