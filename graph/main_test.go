package graph_test

import (
	"os"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
