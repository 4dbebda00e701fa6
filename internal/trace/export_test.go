package trace

// NewErrorHandler lets tests set the clock.
var NewErrorHandler = newErrorHandler
