package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestPages(t *testing.T) {
	links := []string{"LATCHKEY_CONFIRM_URL", "LATCHKEY_RESET_URL", "LATCHKEY_EMAIL_CHANGE_URL", "LATCHKEY_UNDO_EMAIL_CHANGE_URL"}

	t.Run("turned off, every link needs a page of the operator's", func(t *testing.T) {
		_, err := config.Settings{Pages: "false", ResetURL: "https://your-site.com/reset?token={token}"}.Resolve()
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != len(links)-1 {
			t.Fatalf("%v", err)
		}
		for _, link := range links {
			if named := strings.Contains(err.Error(), link+" "); named == (link == "LATCHKEY_RESET_URL") {
				t.Errorf("%s is named: %v in\n%v", link, named, err)
			}
		}
		if !strings.Contains(err.Error(), "LATCHKEY_PAGES=false") {
			t.Errorf("no reason in\n%v", err)
		}
	})

	t.Run("turned off with all of them, all is well", func(t *testing.T) {
		cfg, err := config.Settings{
			Pages: "false", ConfirmURL: "https://a.example/?token={token}", ResetURL: "https://a.example/?token={token}",
			EmailChangeURL: "https://a.example/?token={token}", UndoEmailChangeURL: "https://a.example/?token={token}",
		}.Resolve()
		if err != nil || cfg.Pages || cfg.InvitationPage {
			t.Errorf("%v, or invitations have a page", err)
		}
	})

	t.Run("neither yes nor no is a fault", func(t *testing.T) {
		if _, err := (config.Settings{Pages: "perhaps"}).Resolve(); err == nil || !strings.Contains(err.Error(), "LATCHKEY_PAGES ") || strings.Contains(err.Error(), "LATCHKEY_CONFIRM_URL") {
			t.Errorf("%v", err)
		}
	})
}
