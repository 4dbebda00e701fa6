package auth

// checkRedirect returns the URL of the field "redirectUrl" as it may be mailed, "" for none, or that
// it may not be.
func (s *Service) checkRedirect(given string) (string, Problems) {
	if given == "" {
		return "", nil
	}
	allowed, ok := s.config.RedirectURLs.Allow(given)
	if !ok {
		return "", Problems{problem(RedirectURLNotAllowed, "redirectUrl",
			"A mailed link may not lead to this page. The operator lists those to which it may in LATCHKEY_REDIRECT_URLS.")}
	}
	return allowed, nil
}

// redirect lets the link of a letter lead where the request for it said, if that is still allowed.
func (s *Service) redirect(letter *Letter, item *OutboxItem) {
	if letters[letter.Kind].redirects {
		letter.RedirectURL, _ = s.config.RedirectURLs.Allow(item.RedirectURL)
	}
}
