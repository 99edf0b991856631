/** What haduck's own tests share; of no use to anyone else, and changed without notice. */
@NullMarked
package io.haduck.testing.internal;

import org.jspecify.annotations.NullMarked;
