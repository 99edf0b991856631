/** Named points: states of a replica that are kept until somebody deletes their names. */
@NullMarked
package io.haduck.core.points;

import org.jspecify.annotations.NullMarked;
