/** What a restore is asked for and what it says: any state of a replica, brought back as files. */
@NullMarked
package io.haduck.core.restore;

import org.jspecify.annotations.NullMarked;
