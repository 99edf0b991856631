/** What URLs and properties say: keys, paths, the settings of a connection. */
@NullMarked
package io.haduck.jdbc.internal.url;

import org.jspecify.annotations.NullMarked;
