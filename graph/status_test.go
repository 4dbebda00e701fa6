package graph

import (
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// TestWhatIsRefusedAsAWhole: GraphQL over HTTP allows another status than 200 only where nothing was
// executed, and then the answer has no data.
func TestWhatIsRefusedAsAWhole(t *testing.T) {
	refusal := func(field, code string) *gqlerror.Error {
		return &gqlerror.Error{Path: ast.Path{ast.PathName(field)}, Extensions: map[string]any{"code": code}}
	}
	deep := refusal("me", "UNAUTHENTICATED")
	deep.Path = append(deep.Path, ast.PathName("id"))
	for name, test := range map[string]struct {
		data   string
		errors gqlerror.List
		status int // under the newer type
	}{
		"no session":                 {`{"me":null}`, gqlerror.List{refusal("me", "UNAUTHENTICATED")}, 401},
		"no session for any of two":  {`{"me":null,"a":null}`, gqlerror.List{refusal("me", "UNAUTHENTICATED"), refusal("a", "UNAUTHENTICATED")}, 401},
		"the role is too low":        {`{"me":null}`, gqlerror.List{refusal("me", "FORBIDDEN")}, 403},
		"an address to be confirmed": {`{"me":null}`, gqlerror.List{refusal("me", "EMAIL_NOT_CONFIRMED")}, 403},
		"a credential to be proved":  {`{"me":null}`, gqlerror.List{refusal("me", "REAUTHENTICATION_REQUIRED")}, 403},
		"a factor to be proved":      {`{"me":null}`, gqlerror.List{refusal("me", "SECOND_FACTOR_REQUIRED")}, 403},
		"several reasons":            {`{"me":null,"a":null}`, gqlerror.List{refusal("me", "UNAUTHENTICATED"), refusal("a", "FORBIDDEN")}, 403},
		"too many attempts":          {`{"login":null}`, gqlerror.List{refusal("login", "RATE_LIMITED")}, 429},
		"one of two was executed":    {`{"me":null,"authConfig":{}}`, gqlerror.List{refusal("me", "UNAUTHENTICATED")}, 200},
		"one of two had no result":   {`{"me":null,"checkPassword":null}`, gqlerror.List{refusal("me", "UNAUTHENTICATED")}, 200},
		"a fault of ours":            {`{"me":null}`, gqlerror.List{refusal("me", "INTERNAL")}, 200},
		"a fault of ours beside":     {`{"me":null,"a":null}`, gqlerror.List{refusal("me", "UNAUTHENTICATED"), refusal("a", "INTERNAL")}, 200},
		"a refusal within a field":   {`{"me":null}`, gqlerror.List{deep}, 200},
		"nothing is wrong":           {`{"me":{}}`, nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			older := &answer{Errors: test.errors, Data: json.RawMessage(test.data)}
			if status := mediaJSON.refuseWhole(older); status != 200 || older.Data == nil {
				t.Errorf("under the older type the status is %d, data: %v", status, older.Data != nil)
			}
			newer := &answer{Errors: test.errors, Data: json.RawMessage(test.data)}
			if status := mediaResponse.refuseWhole(newer); status != test.status || (newer.Data == nil) != (status != 200) {
				t.Errorf("the status is %d, want %d; data: %v", status, test.status, newer.Data != nil)
			}
		})
	}
}
