package auth

import "context"

// jobWelcome is to tell a user who was imported that the account is here now: EmailKey. An import may enqueue many, so
// they use the budget of their recipients, and no email that somebody waits for stands behind them.
var jobWelcome = newJob("welcome", jobSpec{origin: fromAnyone, compose: (*Service).composeWelcome, lowPriority: true})

// LetterWelcome tells that the account has moved here.
var LetterWelcome = newLetter("welcome", LetterSpec{order: 410})

func (s *Service) composeWelcome(ctx context.Context, item *OutboxItem) (*Letter, error) {
	user, err := s.store.UserByEmail(ctx, item.EmailKey)
	switch {
	case err != nil:
		return nil, err
	case user.Disabled():
		return nil, ErrNotFound
	}
	return &Letter{Kind: LetterWelcome, To: user.Email, Name: user.Name, At: item.CreatedAt}, nil
}
